// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *Notice) typ() groupType { return typeNotice }

func (g *Notice) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Code
	case 1:
		return &g.ID
	case 2:
		return &g.Group
	case 3:
		return &g.Text
	case 4:
		return &g.At
	case 6:
		return &g.Quantity
	case 8:
		return &g.EntryType
	case 9:
		return &g.ServiceOption
	case 10:
		return &g.Resent
	}
	return nil
}

func (g *Notice) list(int) *[]string { return nil }

func (g *Notice) group(m int) Group {
	switch m {
	case 5:
		return some(g.Port)
	case 7:
		return some(g.Subject)
	case 11:
		return some(g.Error)
	}
	return nil
}

func (g *Notice) grow(m int) Group {
	switch m {
	case 5:
		return grow(&g.Port)
	case 7:
		return grow(&g.Subject)
	case 11:
		return grow(&g.Error)
	}
	return nil
}

func (g *Notice) count(int) int { return 0 }

func (g *Notice) item(int, int) Group { return nil }

func (g *Notice) add(int) Group { return nil }

func (g *NoticeSubject) typ() groupType { return typeNoticeSubject }

func (g *NoticeSubject) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Kind
	case 1:
		return &g.Number
	}
	return nil
}

func (g *NoticeSubject) list(int) *[]string { return nil }

func (g *NoticeSubject) group(int) Group { return nil }

func (g *NoticeSubject) grow(int) Group { return nil }

func (g *NoticeSubject) count(int) int { return 0 }

func (g *NoticeSubject) item(int, int) Group { return nil }

func (g *NoticeSubject) add(int) Group { return nil }

func (g *NoticeError) typ() groupType { return typeNoticeError }

func (g *NoticeError) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Code
	case 1:
		return &g.Level
	}
	return nil
}

func (g *NoticeError) list(int) *[]string { return nil }

func (g *NoticeError) group(int) Group { return nil }

func (g *NoticeError) grow(int) Group { return nil }

func (g *NoticeError) count(int) int { return 0 }

func (g *NoticeError) item(int, int) Group { return nil }

func (g *NoticeError) add(int) Group { return nil }

func (g *Hold) typ() groupType { return typeHold }

func (g *Hold) leaf(m int) *string {
	switch m {
	case 0:
		return &g.ID
	case 1:
		return &g.Agency
	case 2:
		return &g.Kind
	case 3:
		return &g.Ground
	case 4:
		return &g.Place
	case 5:
		return &g.Subject
	case 6:
		return &g.Code
	case 7:
		return &g.PlacedAt
	case 8:
		return &g.LiftedAt
	}
	return nil
}

func (g *Hold) list(int) *[]string { return nil }

func (g *Hold) group(int) Group { return nil }

func (g *Hold) grow(int) Group { return nil }

func (g *Hold) count(int) int { return 0 }

func (g *Hold) item(int, int) Group { return nil }

func (g *Hold) add(int) Group { return nil }

func (g *Disposition) typ() groupType { return typeDisposition }

func (g *Disposition) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Kind
	case 1:
		return &g.At
	case 2:
		return &g.Agency
	case 4:
		return &g.Quantity
	case 5:
		return &g.Reverses
	}
	return nil
}

func (g *Disposition) list(int) *[]string { return nil }

func (g *Disposition) group(m int) Group {
	switch m {
	case 3:
		return some(g.Place)
	}
	return nil
}

func (g *Disposition) grow(m int) Group {
	switch m {
	case 3:
		return grow(&g.Place)
	}
	return nil
}

func (g *Disposition) count(int) int { return 0 }

func (g *Disposition) item(int, int) Group { return nil }

func (g *Disposition) add(int) Group { return nil }
