// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *ExamRequest) typ() groupType { return typeExamRequest }

func (g *ExamRequest) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.RequestedBy
	case 2:
		return &g.RequestedAt
	case 3:
		return &g.AnswerBy
	case 6:
		return &g.ReasonClass
	case 7:
		return &g.State
	}
	return nil
}

func (g *ExamRequest) list(m int) *[]string {
	switch m {
	case 4:
		return &g.Kind
	case 5:
		return &g.Ground
	}
	return nil
}

func (g *ExamRequest) group(int) Group { return nil }

func (g *ExamRequest) grow(int) Group { return nil }

func (g *ExamRequest) count(int) int { return 0 }

func (g *ExamRequest) item(int, int) Group { return nil }

func (g *ExamRequest) add(int) Group { return nil }

func (g *Exam) typ() groupType { return typeExam }

func (g *Exam) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.RequestID
	case 2:
		return &g.RequestedBy
	case 3:
		return &g.PerformedBy
	case 4:
		return &g.Authority
	case 5:
		return &g.Status
	case 8:
		return &g.ReasonClass
	case 9:
		return &g.StartedAt
	case 10:
		return &g.CompletedAt
	case 15:
		return &g.Extent
	case 16:
		return &g.ExtentPercent
	case 17:
		return &g.PackagesOpened
	case 18:
		return &g.Outcome
	case 19:
		return &g.NotPerformedReason
	case 21:
		return &g.Recommendation
	case 22:
		return &g.ThreatLevel
	case 26:
		return &g.Supersedes
	}
	return nil
}

func (g *Exam) list(m int) *[]string {
	switch m {
	case 6:
		return &g.Kind
	case 7:
		return &g.Ground
	case 25:
		return &g.Caveat
	}
	return nil
}

func (g *Exam) group(m int) Group {
	switch m {
	case 11:
		return some(g.Facility)
	case 12:
		return some(g.Standard)
	case 14:
		return some(g.Officer)
	case 28:
		return some(g.WoodPackaging)
	}
	return nil
}

func (g *Exam) grow(m int) Group {
	switch m {
	case 11:
		return grow(&g.Facility)
	case 12:
		return grow(&g.Standard)
	case 14:
		return grow(&g.Officer)
	case 28:
		return grow(&g.WoodPackaging)
	}
	return nil
}

func (g *Exam) count(m int) int {
	switch m {
	case 13:
		return len(g.Instrument)
	case 20:
		return len(g.Finding)
	case 23:
		return len(g.Item)
	case 24:
		return len(g.Image)
	case 27:
		return len(g.Radiation)
	}
	return 0
}

func (g *Exam) item(m, i int) Group {
	switch m {
	case 13:
		return some(g.Instrument[i])
	case 20:
		return some(g.Finding[i])
	case 23:
		return some(g.Item[i])
	case 24:
		return some(g.Image[i])
	case 27:
		return some(g.Radiation[i])
	}
	return nil
}

func (g *Exam) add(m int) Group {
	switch m {
	case 13:
		return add(&g.Instrument)
	case 20:
		return add(&g.Finding)
	case 23:
		return add(&g.Item)
	case 24:
		return add(&g.Image)
	case 27:
		return add(&g.Radiation)
	}
	return nil
}

func (g *ExamFacility) typ() groupType { return typeExamFacility }

func (g *ExamFacility) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.Country
	case 2:
		return &g.Role
	}
	return nil
}

func (g *ExamFacility) list(int) *[]string { return nil }

func (g *ExamFacility) group(int) Group { return nil }

func (g *ExamFacility) grow(int) Group { return nil }

func (g *ExamFacility) count(int) int { return 0 }

func (g *ExamFacility) item(int, int) Group { return nil }

func (g *ExamFacility) add(int) Group { return nil }

func (g *ExamStandard) typ() groupType { return typeExamStandard }

func (g *ExamStandard) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.Version
	}
	return nil
}

func (g *ExamStandard) list(int) *[]string { return nil }

func (g *ExamStandard) group(int) Group { return nil }

func (g *ExamStandard) grow(int) Group { return nil }

func (g *ExamStandard) count(int) int { return 0 }

func (g *ExamStandard) item(int, int) Group { return nil }

func (g *ExamStandard) add(int) Group { return nil }

func (g *Instrument) typ() groupType { return typeInstrument }

func (g *Instrument) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.Class
	case 2:
		return &g.Model
	case 3:
		return &g.Standard
	case 4:
		return &g.CalibratedAt
	}
	return nil
}

func (g *Instrument) list(int) *[]string { return nil }

func (g *Instrument) group(int) Group { return nil }

func (g *Instrument) grow(int) Group { return nil }

func (g *Instrument) count(int) int { return 0 }

func (g *Instrument) item(int, int) Group { return nil }

func (g *Instrument) add(int) Group { return nil }

func (g *Officer) typ() groupType { return typeOfficer }

func (g *Officer) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Ref
	case 1:
		return &g.Role
	}
	return nil
}

func (g *Officer) list(int) *[]string { return nil }

func (g *Officer) group(int) Group { return nil }

func (g *Officer) grow(int) Group { return nil }

func (g *Officer) count(int) int { return 0 }

func (g *Officer) item(int, int) Group { return nil }

func (g *Officer) add(int) Group { return nil }

func (g *ExamFinding) typ() groupType { return typeExamFinding }

func (g *ExamFinding) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Code
	case 2:
		return &g.Narrative
	}
	return nil
}

func (g *ExamFinding) list(int) *[]string { return nil }

func (g *ExamFinding) group(m int) Group {
	switch m {
	case 1:
		return some(g.Measure)
	}
	return nil
}

func (g *ExamFinding) grow(m int) Group {
	switch m {
	case 1:
		return grow(&g.Measure)
	}
	return nil
}

func (g *ExamFinding) count(int) int { return 0 }

func (g *ExamFinding) item(int, int) Group { return nil }

func (g *ExamFinding) add(int) Group { return nil }

func (g *ExamItem) typ() groupType { return typeExamItem }

func (g *ExamItem) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Equipment
	case 1:
		return &g.Consignment
	case 2:
		return &g.Pieces
	case 3:
		return &g.SealBefore
	case 4:
		return &g.SealAfter
	case 5:
		return &g.SealClassAfter
	}
	return nil
}

func (g *ExamItem) list(int) *[]string { return nil }

func (g *ExamItem) group(int) Group { return nil }

func (g *ExamItem) grow(int) Group { return nil }

func (g *ExamItem) count(int) int { return 0 }

func (g *ExamItem) item(int, int) Group { return nil }

func (g *ExamItem) add(int) Group { return nil }

func (g *Image) typ() groupType { return typeImage }

func (g *Image) leaf(m int) *string {
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
		return &g.ScannedAt
	case 5:
		return &g.ItemRead
	case 6:
		return &g.Quality
	}
	return nil
}

func (g *Image) list(int) *[]string { return nil }

func (g *Image) group(int) Group { return nil }

func (g *Image) grow(int) Group { return nil }

func (g *Image) count(int) int { return 0 }

func (g *Image) item(int, int) Group { return nil }

func (g *Image) add(int) Group { return nil }

func (g *WoodPackaging) typ() groupType { return typeWoodPackaging }

func (g *WoodPackaging) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Present
	case 1:
		return &g.MarkPresent
	case 2:
		return &g.MarkLegible
	case 4:
		return &g.Bark
	case 5:
		return &g.Soil
	case 6:
		return &g.LivePest
	case 7:
		return &g.PestTaxon
	case 8:
		return &g.Measure
	case 9:
		return &g.NoticeNumber
	}
	return nil
}

func (g *WoodPackaging) list(int) *[]string { return nil }

func (g *WoodPackaging) group(m int) Group {
	switch m {
	case 3:
		return some(g.Mark)
	}
	return nil
}

func (g *WoodPackaging) grow(m int) Group {
	switch m {
	case 3:
		return grow(&g.Mark)
	}
	return nil
}

func (g *WoodPackaging) count(int) int { return 0 }

func (g *WoodPackaging) item(int, int) Group { return nil }

func (g *WoodPackaging) add(int) Group { return nil }

func (g *WoodMark) typ() groupType { return typeWoodMark }

func (g *WoodMark) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Country
	case 1:
		return &g.Producer
	case 2:
		return &g.Treatment
	}
	return nil
}

func (g *WoodMark) list(int) *[]string { return nil }

func (g *WoodMark) group(int) Group { return nil }

func (g *WoodMark) grow(int) Group { return nil }

func (g *WoodMark) count(int) int { return 0 }

func (g *WoodMark) item(int, int) Group { return nil }

func (g *WoodMark) add(int) Group { return nil }
