// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Radiation) typ() groupType { return typeRadiation }

func (g *Radiation) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Hash
	case 1:
		return &g.MediaType
	case 2:
		return &g.Bytes
	case 3:
		return &g.ExpiresAt
	case 4:
		return &g.Conclusion
	case 5:
		return &g.Stage
	case 6:
		return &g.Instrument
	case 8:
		return &g.StartedAt
	case 9:
		return &g.EndedAt
	case 11:
		return &g.AnalysisStatus
	case 12:
		return &g.Reachback
	}
	return nil
}

func (g *Radiation) list(m int) *[]string {
	switch m {
	case 7:
		return &g.Alarm
	}
	return nil
}

func (g *Radiation) group(int) Group { return nil }

func (g *Radiation) grow(int) Group { return nil }

func (g *Radiation) count(m int) int {
	switch m {
	case 10:
		return len(g.Nuclide)
	}
	return 0
}

func (g *Radiation) item(m, i int) Group {
	switch m {
	case 10:
		return some(g.Nuclide[i])
	}
	return nil
}

func (g *Radiation) add(m int) Group {
	switch m {
	case 10:
		return add(&g.Nuclide)
	}
	return nil
}

func (g *Nuclide) typ() groupType { return typeNuclide }

func (g *Nuclide) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Name
	case 1:
		return &g.Confidence
	case 2:
		return &g.Category
	}
	return nil
}

func (g *Nuclide) list(int) *[]string { return nil }

func (g *Nuclide) group(int) Group { return nil }

func (g *Nuclide) grow(int) Group { return nil }

func (g *Nuclide) count(int) int { return 0 }

func (g *Nuclide) item(int, int) Group { return nil }

func (g *Nuclide) add(int) Group { return nil }
