// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Movement) typ() groupType { return typeMovement }

func (g *Movement) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Type
	case 1:
		return &g.EntryType
	case 2:
		return &g.Number
	case 3:
		return &g.ControlNumber
	case 4:
		return &g.PartnerNumber
	case 6:
		return &g.OnwardCarrier
	case 11:
		return &g.DepartureAt
	case 12:
		return &g.FoodProduct
	case 14:
		return &g.Guarantee
	case 15:
		return &g.State
	case 16:
		return &g.OpenedAt
	case 17:
		return &g.DueAt
	case 18:
		return &g.ClosedAt
	}
	return nil
}

func (g *Movement) list(int) *[]string { return nil }

func (g *Movement) group(m int) Group {
	switch m {
	case 5:
		return some(g.BondedCarrier)
	case 7:
		return some(g.Origin)
	case 8:
		return some(g.Destination)
	case 9:
		return some(g.ForeignDestination)
	case 10:
		return some(g.ExitPort)
	case 13:
		return some(g.GoodsLocation)
	case 19:
		return some(g.Diversion)
	}
	return nil
}

func (g *Movement) grow(m int) Group {
	switch m {
	case 5:
		return grow(&g.BondedCarrier)
	case 7:
		return grow(&g.Origin)
	case 8:
		return grow(&g.Destination)
	case 9:
		return grow(&g.ForeignDestination)
	case 10:
		return grow(&g.ExitPort)
	case 13:
		return grow(&g.GoodsLocation)
	case 19:
		return grow(&g.Diversion)
	}
	return nil
}

func (g *Movement) count(int) int { return 0 }

func (g *Movement) item(int, int) Group { return nil }

func (g *Movement) add(int) Group { return nil }

func (g *Diversion) typ() groupType { return typeDiversion }

func (g *Diversion) leaf(m int) *string {
	switch m {
	case 1:
		return &g.AuthorisedAt
	}
	return nil
}

func (g *Diversion) list(int) *[]string { return nil }

func (g *Diversion) group(m int) Group {
	switch m {
	case 0:
		return some(g.Port)
	}
	return nil
}

func (g *Diversion) grow(m int) Group {
	switch m {
	case 0:
		return grow(&g.Port)
	}
	return nil
}

func (g *Diversion) count(int) int { return 0 }

func (g *Diversion) item(int, int) Group { return nil }

func (g *Diversion) add(int) Group { return nil }

func (g *Event) typ() groupType { return typeEvent }

func (g *Event) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Kind
	case 1:
		return &g.Code
	case 2:
		return &g.At
	case 6:
		return &g.Authorised
	case 7:
		return &g.ResolvedAt
	}
	return nil
}

func (g *Event) list(int) *[]string { return nil }

func (g *Event) group(m int) Group {
	switch m {
	case 3:
		return some(g.Place)
	case 4:
		return some(g.ReportedBy)
	case 5:
		return some(g.Subject)
	}
	return nil
}

func (g *Event) grow(m int) Group {
	switch m {
	case 3:
		return grow(&g.Place)
	case 4:
		return grow(&g.ReportedBy)
	case 5:
		return grow(&g.Subject)
	}
	return nil
}

func (g *Event) count(int) int { return 0 }

func (g *Event) item(int, int) Group { return nil }

func (g *Event) add(int) Group { return nil }

func (g *EventSubject) typ() groupType { return typeEventSubject }

func (g *EventSubject) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Kind
	case 1:
		return &g.Number
	}
	return nil
}

func (g *EventSubject) list(int) *[]string { return nil }

func (g *EventSubject) group(int) Group { return nil }

func (g *EventSubject) grow(int) Group { return nil }

func (g *EventSubject) count(int) int { return 0 }

func (g *EventSubject) item(int, int) Group { return nil }

func (g *EventSubject) add(int) Group { return nil }
