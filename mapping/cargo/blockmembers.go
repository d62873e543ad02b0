// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Place) typ() groupType { return typePlace }

func (g *Place) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Code
	case 1:
		return &g.Name
	case 2:
		return &g.Country
	}
	return nil
}

func (g *Place) list(int) *[]string { return nil }

func (g *Place) group(m int) Group {
	switch m {
	case 3:
		return some(g.Address)
	}
	return nil
}

func (g *Place) grow(m int) Group {
	switch m {
	case 3:
		return grow(&g.Address)
	}
	return nil
}

func (g *Place) count(int) int { return 0 }

func (g *Place) item(int, int) Group { return nil }

func (g *Place) add(int) Group { return nil }

func (g *Plate) typ() groupType { return typePlate }

func (g *Plate) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Number
	case 1:
		return &g.Subdivision
	case 2:
		return &g.Country
	}
	return nil
}

func (g *Plate) list(int) *[]string { return nil }

func (g *Plate) group(int) Group { return nil }

func (g *Plate) grow(int) Group { return nil }

func (g *Plate) count(int) int { return 0 }

func (g *Plate) item(int, int) Group { return nil }

func (g *Plate) add(int) Group { return nil }

func (g *Measure) typ() groupType { return typeMeasure }

func (g *Measure) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Value
	case 1:
		return &g.Unit
	}
	return nil
}

func (g *Measure) list(int) *[]string { return nil }

func (g *Measure) group(int) Group { return nil }

func (g *Measure) grow(int) Group { return nil }

func (g *Measure) count(int) int { return 0 }

func (g *Measure) item(int, int) Group { return nil }

func (g *Measure) add(int) Group { return nil }

func (g *Amount) typ() groupType { return typeAmount }

func (g *Amount) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Value
	case 1:
		return &g.Currency
	}
	return nil
}

func (g *Amount) list(int) *[]string { return nil }

func (g *Amount) group(int) Group { return nil }

func (g *Amount) grow(int) Group { return nil }

func (g *Amount) count(int) int { return 0 }

func (g *Amount) item(int, int) Group { return nil }

func (g *Amount) add(int) Group { return nil }

func (g *Body) typ() groupType { return typeBody }

func (g *Body) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Hash
	case 1:
		return &g.MediaType
	case 2:
		return &g.Bytes
	case 3:
		return &g.ExpiresAt
	}
	return nil
}

func (g *Body) list(int) *[]string { return nil }

func (g *Body) group(int) Group { return nil }

func (g *Body) grow(int) Group { return nil }

func (g *Body) count(int) int { return 0 }

func (g *Body) item(int, int) Group { return nil }

func (g *Body) add(int) Group { return nil }
