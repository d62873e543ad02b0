package agreement

// Change is one difference between two agreements.
type Change struct {
	Kind   string `json:"kind"`
	Where  string `json:"where"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	Effect string `json:"effect,omitempty"`
}

// Diff compares two agreements.
func Diff(a, b *Agreement) []Change { return nil }
