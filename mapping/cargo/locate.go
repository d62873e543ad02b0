package cargo

import "strings"

// Locate is where the value of an element begins in a record's JSON, and its pointer (RFC 6901), for an element that nothing
// around it repeats. The offset is -1 when it is not there.
func Locate(b []byte, p Path) (offset int64, pointer string) {
	s := scanner{b: b}
	pointer = "/" + strings.ReplaceAll(string(p), ".", "/")
	for name := range strings.SplitSeq(string(p), ".") {
		if !s.into(name) {
			return -1, pointer
		}
	}
	return int64(s.i), pointer
}

// into steps into the object that follows, to the value of one of its members.
func (s *scanner) into(member string) bool {
	err := s.open('{')
	for first := true; err == nil; first = false {
		var more bool
		if more, err = s.more(first, '}'); err != nil || !more {
			return false
		}
		var name string
		if name, err = s.name(); err != nil {
			return false
		}
		if name == member {
			return s.peek() != 0
		}
		err = s.skip()
	}
	return false
}
