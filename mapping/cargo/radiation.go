// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Radiation is one radiation measurement and its conclusion. The path is exam.radiation[].
type Radiation struct {
	Hash           string   // hash: Digest of the body
	MediaType      string   // text: Media type
	Bytes          string   // int: Size in bytes
	ExpiresAt      string   // time: Fetch reference expires
	Conclusion     string   // code of radiation-conclusion: Conclusion
	Stage          string   // code of radiation-stage: Primary or secondary
	Instrument     string   // id: Instrument used
	Alarm          []string // code of radiation-alarm: Alarm category
	StartedAt      string   // time: Measurement started
	EndedAt        string   // time: Measurement ended
	Nuclide        []*Nuclide
	AnalysisStatus string // code of analysis-status: Status of the analysis
	Reachback      string // code of reachback: Scientists' recommendation
}

// Nuclide is a radionuclide identified. The path is exam.radiation[].nuclide[].
type Nuclide struct {
	Name       string // code of nuclide: Nuclide
	Confidence string // decimal: Confidence
	Category   string // code of nuclide-category: Category of the nuclide
}
