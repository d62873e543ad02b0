// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

func (g *TrustedTrader) typ() groupType { return typeTrustedTrader }

func (g *TrustedTrader) leaf(m int) *string {
	switch m {
	case 0:
		return &g.Programme
	case 1:
		return &g.Number
	case 2:
		return &g.TIN
	case 3:
		return &g.Role
	case 4:
		return &g.Status
	case 5:
		return &g.Tier
	case 6:
		return &g.ValidFrom
	case 7:
		return &g.ValidTo
	case 8:
		return &g.LastValidatedAt
	case 9:
		return &g.ValidatedBy
	case 10:
		return &g.ConsentAt
	case 11:
		return &g.Issuer
	}
	return nil
}

func (g *TrustedTrader) list(int) *[]string { return nil }

func (g *TrustedTrader) group(int) Group { return nil }

func (g *TrustedTrader) grow(int) Group { return nil }

func (g *TrustedTrader) count(int) int { return 0 }

func (g *TrustedTrader) item(int, int) Group { return nil }

func (g *TrustedTrader) add(int) Group { return nil }
