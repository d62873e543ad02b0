package cargo

// A Group is a part of a record that has members: the record itself, a consignment, a seal.
// Every generated struct is one, by pointer; no other type can be.
//
// Members are reached by their number, which is their place in the dictionary. That is all that a [Ref] or
// [Walk] needs, and it costs no reflection. A number that does not fit the method gets the zero answer.
type Group interface {
	typ() groupType
	leaf(m int) *string   // a value
	list(m int) *[]string // a repeating value
	group(m int) Group    // a single group, nil when absent
	grow(m int) Group     // the same, made when absent
	count(m int) int      // how many items a repeating group has
	item(m, i int) Group  // one of them, nil when the place is empty
	add(m int) Group      // a new one at the end
}

// some is p as a Group, or nil for a nil pointer, which a bare conversion would hide inside the interface.
func some[T any, P groupPointer[T]](p P) Group {
	if p == nil {
		return nil
	}
	return p
}

// grow is the group that *p points to, made when there is none.
func grow[T any, P groupPointer[T]](p *P) Group {
	if *p == nil {
		*p = new(T)
	}
	return *p
}

// add puts a new group at the end of a list. Lists hold pointers so that a group stays where it is while its list grows.
func add[T any, P groupPointer[T]](list *[]P) Group {
	p := P(new(T))
	*list = append(*list, p)
	return p
}

type groupPointer[T any] interface {
	*T
	Group
}
