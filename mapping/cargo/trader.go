// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// TrustedTrader is a trader's standing in a programme. In a filing it is a claim. The path is trustedTrader[].
type TrustedTrader struct {
	Programme       string // code of trader-programme: Programme
	Number          string // id: Programme number
	TIN             string // id: Trader identification number (WCO)
	Role            string // code of trader-role: Role
	Status          string // code of trader-status: Status
	Tier            string // code of trader-tier: Tier
	ValidFrom       string // date: Valid from
	ValidTo         string // date: Valid to
	LastValidatedAt string // date: Last validated
	ValidatedBy     string // code of agency: Validated by
	ConsentAt       string // time: Consent given
	Issuer          string // code of agency: Issuing agency
}
