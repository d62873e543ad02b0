package agreement

// The languages of the agreement and of its rendered text.
const (
	English = "en"
	French  = "fr"
)
