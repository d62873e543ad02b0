package agreement

// Render writes the agreement as numbered prose.
func (a *Agreement) Render(lang string) string { return "" }
