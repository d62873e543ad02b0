// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Record) typ() groupType { return typeRecord }

func (g *Record) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.Class
	case 2:
		return &g.Agency
	case 3:
		return &g.Mode
	case 4:
		return &g.Function
	case 5:
		return &g.IssuedAt
	case 8:
		return &g.Supersedes
	}
	return nil
}

func (g *Record) list(m int) *[]string {
	switch m {
	case 10:
		return &g.Caveat
	}
	return nil
}

func (g *Record) group(m int) Group {
	switch m {
	case 6:
		return some(g.Submitter)
	case 7:
		return some(g.Reference)
	case 9:
		return some(g.Amendment)
	case 11:
		return some(g.Conveyance)
	case 18:
		return some(g.ExamRequest)
	case 19:
		return some(g.Exam)
	case 20:
		return some(g.DoNotLoad)
	case 21:
		return some(g.Preload)
	case 22:
		return some(g.Risk)
	case 23:
		return some(g.NewInformation)
	case 24:
		return some(g.ThreatMeasure)
	case 25:
		return some(g.Recognition)
	}
	return nil
}

func (g *Record) grow(m int) Group {
	switch m {
	case 6:
		return grow(&g.Submitter)
	case 7:
		return grow(&g.Reference)
	case 9:
		return grow(&g.Amendment)
	case 11:
		return grow(&g.Conveyance)
	case 18:
		return grow(&g.ExamRequest)
	case 19:
		return grow(&g.Exam)
	case 20:
		return grow(&g.DoNotLoad)
	case 21:
		return grow(&g.Preload)
	case 22:
		return grow(&g.Risk)
	case 23:
		return grow(&g.NewInformation)
	case 24:
		return grow(&g.ThreatMeasure)
	case 25:
		return grow(&g.Recognition)
	}
	return nil
}

func (g *Record) count(m int) int {
	switch m {
	case 12:
		return len(g.Consignment)
	case 13:
		return len(g.Equipment)
	case 14:
		return len(g.Event)
	case 15:
		return len(g.Notice)
	case 16:
		return len(g.Hold)
	case 17:
		return len(g.Disposition)
	case 26:
		return len(g.TrustedTrader)
	}
	return 0
}

func (g *Record) item(m, i int) Group {
	switch m {
	case 12:
		return some(g.Consignment[i])
	case 13:
		return some(g.Equipment[i])
	case 14:
		return some(g.Event[i])
	case 15:
		return some(g.Notice[i])
	case 16:
		return some(g.Hold[i])
	case 17:
		return some(g.Disposition[i])
	case 26:
		return some(g.TrustedTrader[i])
	}
	return nil
}

func (g *Record) add(m int) Group {
	switch m {
	case 12:
		return add(&g.Consignment)
	case 13:
		return add(&g.Equipment)
	case 14:
		return add(&g.Event)
	case 15:
		return add(&g.Notice)
	case 16:
		return add(&g.Hold)
	case 17:
		return add(&g.Disposition)
	case 26:
		return add(&g.TrustedTrader)
	}
	return nil
}

func (g *MessageReference) typ() groupType { return typeMessageReference }

func (g *MessageReference) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Message
	case 1:
		return &g.Original
	}
	return nil
}

func (g *MessageReference) list(int) *[]string { return nil }

func (g *MessageReference) group(int) Group { return nil }

func (g *MessageReference) grow(int) Group { return nil }

func (g *MessageReference) count(int) int { return 0 }

func (g *MessageReference) item(int, int) Group { return nil }

func (g *MessageReference) add(int) Group { return nil }

func (g *Amendment) typ() groupType { return typeAmendment }

func (g *Amendment) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Reason
	case 1:
		return &g.Type
	}
	return nil
}

func (g *Amendment) list(int) *[]string { return nil }

func (g *Amendment) group(int) Group { return nil }

func (g *Amendment) grow(int) Group { return nil }

func (g *Amendment) count(int) int { return 0 }

func (g *Amendment) item(int, int) Group { return nil }

func (g *Amendment) add(int) Group { return nil }
