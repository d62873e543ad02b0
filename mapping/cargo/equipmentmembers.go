// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Equipment) typ() groupType { return typeEquipment }

func (g *Equipment) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.IDAsReported
	case 3:
		return &g.Kind
	case 4:
		return &g.Type
	case 5:
		return &g.Loaded
	case 8:
		return &g.IIT
	case 9:
		return &g.Position
	case 10:
		return &g.CarriedOn
	}
	return nil
}

func (g *Equipment) list(m int) *[]string {
	switch m {
	case 2:
		return &g.RegisteredID
	case 11:
		return &g.Consignment
	}
	return nil
}

func (g *Equipment) group(m int) Group {
	switch m {
	case 6:
		return some(g.Plate)
	case 7:
		return some(g.Owner)
	}
	return nil
}

func (g *Equipment) grow(m int) Group {
	switch m {
	case 6:
		return grow(&g.Plate)
	case 7:
		return grow(&g.Owner)
	}
	return nil
}

func (g *Equipment) count(m int) int {
	switch m {
	case 12:
		return len(g.Seal)
	}
	return 0
}

func (g *Equipment) item(m, i int) Group {
	switch m {
	case 12:
		return some(g.Seal[i])
	}
	return nil
}

func (g *Equipment) add(m int) Group {
	switch m {
	case 12:
		return add(&g.Seal)
	}
	return nil
}

func (g *Seal) typ() groupType { return typeSeal }

func (g *Seal) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Number
	case 1:
		return &g.NumberAsReported
	case 2:
		return &g.Class
	case 3:
		return &g.Technology
	case 4:
		return &g.IssuerRole
	case 5:
		return &g.Issuer
	case 6:
		return &g.AffixedAt
	case 8:
		return &g.RemovedAt
	case 10:
		return &g.Reason
	case 11:
		return &g.Replaces
	case 12:
		return &g.NotifiedAt
	case 13:
		return &g.Condition
	case 14:
		return &g.Verification
	case 15:
		return &g.CheckedAt
	case 16:
		return &g.CheckedBy
	}
	return nil
}

func (g *Seal) list(int) *[]string { return nil }

func (g *Seal) group(m int) Group {
	switch m {
	case 7:
		return some(g.AffixedPlace)
	case 9:
		return some(g.RemovedPlace)
	case 17:
		return some(g.Photo)
	}
	return nil
}

func (g *Seal) grow(m int) Group {
	switch m {
	case 7:
		return grow(&g.AffixedPlace)
	case 9:
		return grow(&g.RemovedPlace)
	case 17:
		return grow(&g.Photo)
	}
	return nil
}

func (g *Seal) count(int) int { return 0 }

func (g *Seal) item(int, int) Group { return nil }

func (g *Seal) add(int) Group { return nil }
