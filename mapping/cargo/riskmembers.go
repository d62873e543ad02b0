// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *DoNotLoad) typ() groupType { return typeDoNotLoad }

func (g *DoNotLoad) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.IssuedBy
	case 2:
		return &g.IssuedAt
	case 3:
		return &g.State
	case 4:
		return &g.ReasonClass
	case 6:
		return &g.Contact
	case 7:
		return &g.ExpiresAt
	case 8:
		return &g.Cancels
	case 9:
		return &g.AcknowledgeBy
	case 10:
		return &g.AcknowledgedAt
	}
	return nil
}

func (g *DoNotLoad) list(int) *[]string { return nil }

func (g *DoNotLoad) group(m int) Group {
	switch m {
	case 5:
		return some(g.Instruction)
	}
	return nil
}

func (g *DoNotLoad) grow(m int) Group {
	switch m {
	case 5:
		return grow(&g.Instruction)
	}
	return nil
}

func (g *DoNotLoad) count(int) int { return 0 }

func (g *DoNotLoad) item(int, int) Group { return nil }

func (g *DoNotLoad) add(int) Group { return nil }

func (g *Instruction) typ() groupType { return typeInstruction }

func (g *Instruction) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Code
	case 1:
		return &g.Text
	}
	return nil
}

func (g *Instruction) list(int) *[]string { return nil }

func (g *Instruction) group(int) Group { return nil }

func (g *Instruction) grow(int) Group { return nil }

func (g *Instruction) count(int) int { return 0 }

func (g *Instruction) item(int, int) Group { return nil }

func (g *Instruction) add(int) Group { return nil }

func (g *Preload) typ() groupType { return typePreload }

func (g *Preload) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Programme
	case 1:
		return &g.Code
	case 2:
		return &g.State
	}
	return nil
}

func (g *Preload) list(int) *[]string { return nil }

func (g *Preload) group(m int) Group {
	switch m {
	case 3:
		return some(g.Screening)
	}
	return nil
}

func (g *Preload) grow(m int) Group {
	switch m {
	case 3:
		return grow(&g.Screening)
	}
	return nil
}

func (g *Preload) count(int) int { return 0 }

func (g *Preload) item(int, int) Group { return nil }

func (g *Preload) add(int) Group { return nil }

func (g *Screening) typ() groupType { return typeScreening }

func (g *Screening) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Method
	case 1:
		return &g.At
	}
	return nil
}

func (g *Screening) list(int) *[]string { return nil }

func (g *Screening) group(int) Group { return nil }

func (g *Screening) grow(int) Group { return nil }

func (g *Screening) count(int) int { return 0 }

func (g *Screening) item(int, int) Group { return nil }

func (g *Screening) add(int) Group { return nil }

func (g *Risk) typ() groupType { return typeRisk }

func (g *Risk) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Level
	case 3:
		return &g.RuleSet
	case 4:
		return &g.AssessedAt
	case 5:
		return &g.ValidUntil
	}
	return nil
}

func (g *Risk) list(m int) *[]string {
	switch m {
	case 1:
		return &g.Indicator
	case 2:
		return &g.Area
	}
	return nil
}

func (g *Risk) group(int) Group { return nil }

func (g *Risk) grow(int) Group { return nil }

func (g *Risk) count(int) int { return 0 }

func (g *Risk) item(int, int) Group { return nil }

func (g *Risk) add(int) Group { return nil }

func (g *NewInformation) typ() groupType { return typeNewInformation }

func (g *NewInformation) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Weight
	case 1:
		return &g.Subject
	case 2:
		return &g.At
	}
	return nil
}

func (g *NewInformation) list(int) *[]string { return nil }

func (g *NewInformation) group(int) Group { return nil }

func (g *NewInformation) grow(int) Group { return nil }

func (g *NewInformation) count(int) int { return 0 }

func (g *NewInformation) item(int, int) Group { return nil }

func (g *NewInformation) add(int) Group { return nil }

func (g *ThreatMeasure) typ() groupType { return typeThreatMeasure }

func (g *ThreatMeasure) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.Scope
	case 2:
		return &g.Value
	case 3:
		return &g.From
	case 4:
		return &g.Until
	}
	return nil
}

func (g *ThreatMeasure) list(int) *[]string { return nil }

func (g *ThreatMeasure) group(int) Group { return nil }

func (g *ThreatMeasure) grow(int) Group { return nil }

func (g *ThreatMeasure) count(int) int { return 0 }

func (g *ThreatMeasure) item(int, int) Group { return nil }

func (g *ThreatMeasure) add(int) Group { return nil }
