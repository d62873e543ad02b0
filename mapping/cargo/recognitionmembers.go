// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Recognition) typ() groupType { return typeRecognition }

func (g *Recognition) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.Unit
	case 2:
		return &g.ExamID
	case 3:
		return &g.DecidedBy
	case 4:
		return &g.DecidedAt
	case 5:
		return &g.Stage
	case 6:
		return &g.Decision
	case 10:
		return &g.ValidUntil
	case 12:
		return &g.InputsHash
	case 13:
		return &g.RuleSet
	case 14:
		return &g.Supersedes
	}
	return nil
}

func (g *Recognition) list(m int) *[]string {
	switch m {
	case 8:
		return &g.Reason
	case 9:
		return &g.Condition
	}
	return nil
}

func (g *Recognition) group(m int) Group {
	switch m {
	case 15:
		return some(g.Human)
	}
	return nil
}

func (g *Recognition) grow(m int) Group {
	switch m {
	case 15:
		return grow(&g.Human)
	}
	return nil
}

func (g *Recognition) count(m int) int {
	switch m {
	case 7:
		return len(g.Ground)
	case 11:
		return len(g.Register)
	}
	return 0
}

func (g *Recognition) item(m, i int) Group {
	switch m {
	case 7:
		return some(g.Ground[i])
	case 11:
		return some(g.Register[i])
	}
	return nil
}

func (g *Recognition) add(m int) Group {
	switch m {
	case 7:
		return add(&g.Ground)
	case 11:
		return add(&g.Register)
	}
	return nil
}

func (g *RecognisedGround) typ() groupType { return typeRecognisedGround }

func (g *RecognisedGround) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Ground
	case 1:
		return &g.Verdict
	case 2:
		return &g.Reason
	}
	return nil
}

func (g *RecognisedGround) list(int) *[]string { return nil }

func (g *RecognisedGround) group(int) Group { return nil }

func (g *RecognisedGround) grow(int) Group { return nil }

func (g *RecognisedGround) count(int) int { return 0 }

func (g *RecognisedGround) item(int, int) Group { return nil }

func (g *RecognisedGround) add(int) Group { return nil }

func (g *UsedRegister) typ() groupType { return typeUsedRegister }

func (g *UsedRegister) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Name
	case 1:
		return &g.Version
	case 2:
		return &g.Hash
	}
	return nil
}

func (g *UsedRegister) list(int) *[]string { return nil }

func (g *UsedRegister) group(int) Group { return nil }

func (g *UsedRegister) grow(int) Group { return nil }

func (g *UsedRegister) count(int) int { return 0 }

func (g *UsedRegister) item(int, int) Group { return nil }

func (g *UsedRegister) add(int) Group { return nil }

func (g *HumanDecision) typ() groupType { return typeHumanDecision }

func (g *HumanDecision) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Role
	case 1:
		return &g.At
	case 2:
		return &g.Verdict
	case 3:
		return &g.NoteHash
	}
	return nil
}

func (g *HumanDecision) list(int) *[]string { return nil }

func (g *HumanDecision) group(int) Group { return nil }

func (g *HumanDecision) grow(int) Group { return nil }

func (g *HumanDecision) count(int) int { return 0 }

func (g *HumanDecision) item(int, int) Group { return nil }

func (g *HumanDecision) add(int) Group { return nil }
