// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Goods) typ() groupType { return typeGoods }

func (g *Goods) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Sequence
	case 1:
		return &g.Description
	case 2:
		return &g.HSCode
	case 3:
		return &g.Origin
	case 4:
		return &g.Quantity
	case 5:
		return &g.PackageType
	case 13:
		return &g.PackingMaterial
	case 14:
		return &g.WoodPackaging
	}
	return nil
}

func (g *Goods) list(m int) *[]string {
	switch m {
	case 6:
		return &g.Marks
	case 10:
		return &g.Equipment
	case 11:
		return &g.VIN
	}
	return nil
}

func (g *Goods) group(m int) Group {
	switch m {
	case 7:
		return some(g.Weight)
	case 8:
		return some(g.Volume)
	case 9:
		return some(g.Value)
	}
	return nil
}

func (g *Goods) grow(m int) Group {
	switch m {
	case 7:
		return grow(&g.Weight)
	case 8:
		return grow(&g.Volume)
	case 9:
		return grow(&g.Value)
	}
	return nil
}

func (g *Goods) count(m int) int {
	switch m {
	case 12:
		return len(g.Dangerous)
	}
	return 0
}

func (g *Goods) item(m, i int) Group {
	switch m {
	case 12:
		return some(g.Dangerous[i])
	}
	return nil
}

func (g *Goods) add(m int) Group {
	switch m {
	case 12:
		return add(&g.Dangerous)
	}
	return nil
}

func (g *Dangerous) typ() groupType { return typeDangerous }

func (g *Dangerous) leaf(m int) *string {
	switch m {
	case 0:
		return &g.UNNumber
	case 1:
		return &g.Class
	case 2:
		return &g.Description
	}
	return nil
}

func (g *Dangerous) list(int) *[]string { return nil }

func (g *Dangerous) group(m int) Group {
	switch m {
	case 3:
		return some(g.Contact)
	}
	return nil
}

func (g *Dangerous) grow(m int) Group {
	switch m {
	case 3:
		return grow(&g.Contact)
	}
	return nil
}

func (g *Dangerous) count(int) int { return 0 }

func (g *Dangerous) item(int, int) Group { return nil }

func (g *Dangerous) add(int) Group { return nil }
