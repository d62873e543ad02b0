// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Person) typ() groupType { return typePerson }

func (g *Person) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Role
	case 3:
		return &g.BirthDate
	case 4:
		return &g.Gender
	case 8:
		return &g.HazmatEndorsement
	case 9:
		return &g.FastEligible
	}
	return nil
}

func (g *Person) list(m int) *[]string {
	switch m {
	case 1:
		return &g.ID
	case 5:
		return &g.Citizenship
	}
	return nil
}

func (g *Person) group(m int) Group {
	switch m {
	case 2:
		return some(g.Name)
	case 6:
		return some(g.Address)
	}
	return nil
}

func (g *Person) grow(m int) Group {
	switch m {
	case 2:
		return grow(&g.Name)
	case 6:
		return grow(&g.Address)
	}
	return nil
}

func (g *Person) count(m int) int {
	switch m {
	case 7:
		return len(g.Document)
	}
	return 0
}

func (g *Person) item(m, i int) Group {
	switch m {
	case 7:
		return some(g.Document[i])
	}
	return nil
}

func (g *Person) add(m int) Group {
	switch m {
	case 7:
		return add(&g.Document)
	}
	return nil
}

func (g *PersonName) typ() groupType { return typePersonName }

func (g *PersonName) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Last
	case 1:
		return &g.First
	case 2:
		return &g.Middle
	}
	return nil
}

func (g *PersonName) list(int) *[]string { return nil }

func (g *PersonName) group(int) Group { return nil }

func (g *PersonName) grow(int) Group { return nil }

func (g *PersonName) count(int) int { return 0 }

func (g *PersonName) item(int, int) Group { return nil }

func (g *PersonName) add(int) Group { return nil }

func (g *TravelDocument) typ() groupType { return typeTravelDocument }

func (g *TravelDocument) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Type
	case 1:
		return &g.Number
	case 2:
		return &g.Country
	case 3:
		return &g.Subdivision
	case 4:
		return &g.ExpiresOn
	}
	return nil
}

func (g *TravelDocument) list(int) *[]string { return nil }

func (g *TravelDocument) group(int) Group { return nil }

func (g *TravelDocument) grow(int) Group { return nil }

func (g *TravelDocument) count(int) int { return 0 }

func (g *TravelDocument) item(int, int) Group { return nil }

func (g *TravelDocument) add(int) Group { return nil }
