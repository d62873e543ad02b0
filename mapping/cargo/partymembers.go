// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Party) typ() groupType { return typeParty }

func (g *Party) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Name
	case 2:
		return &g.NaturalPerson
	case 3:
		return &g.Confidential
	}
	return nil
}

func (g *Party) list(m int) *[]string {
	switch m {
	case 1:
		return &g.ID
	}
	return nil
}

func (g *Party) group(m int) Group {
	switch m {
	case 4:
		return some(g.Address)
	}
	return nil
}

func (g *Party) grow(m int) Group {
	switch m {
	case 4:
		return grow(&g.Address)
	}
	return nil
}

func (g *Party) count(m int) int {
	switch m {
	case 5:
		return len(g.Contact)
	}
	return 0
}

func (g *Party) item(m, i int) Group {
	switch m {
	case 5:
		return some(g.Contact[i])
	}
	return nil
}

func (g *Party) add(m int) Group {
	switch m {
	case 5:
		return add(&g.Contact)
	}
	return nil
}

func (g *Address) typ() groupType { return typeAddress }

func (g *Address) leaf(m int) *string {
	switch m {
	case 1:
		return &g.City
	case 2:
		return &g.Subdivision
	case 3:
		return &g.PostalCode
	case 4:
		return &g.Country
	}
	return nil
}

func (g *Address) list(m int) *[]string {
	switch m {
	case 0:
		return &g.Line
	}
	return nil
}

func (g *Address) group(int) Group { return nil }

func (g *Address) grow(int) Group { return nil }

func (g *Address) count(int) int { return 0 }

func (g *Address) item(int, int) Group { return nil }

func (g *Address) add(int) Group { return nil }

func (g *Contact) typ() groupType { return typeContact }

func (g *Contact) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Name
	case 1:
		return &g.Role
	case 2:
		return &g.Phone
	case 3:
		return &g.Email
	}
	return nil
}

func (g *Contact) list(int) *[]string { return nil }

func (g *Contact) group(int) Group { return nil }

func (g *Contact) grow(int) Group { return nil }

func (g *Contact) count(int) int { return 0 }

func (g *Contact) item(int, int) Group { return nil }

func (g *Contact) add(int) Group { return nil }
