package gateway

import "encoding/json"

// state reads one value of the state.
func (g *Gateway) state(key string, v any) error {
	_, err := g.stateVersion(key, v)
	return err
}

func (g *Gateway) stateVersion(key string, v any) (uint64, error) {
	b, version, err := g.ledger.Get(key)
	if err != nil {
		return 0, err
	}
	return version, json.Unmarshal(b, v)
}

func (g *Gateway) submissionByID(id string) (*submission, error) {
	var s submission
	if err := g.state(keySubmission(id), &s); err != nil {
		return nil, err
	}
	return &s, nil
}

func (g *Gateway) documentByID(id string) (*document, error) {
	var d document
	if err := g.state(keyDocument(id), &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// part is the nth document of a submission.
func (g *Gateway) part(sub string, n int) (*document, error) {
	var id string
	if err := g.state(keyPart(sub, n), &id); err != nil {
		return nil, err
	}
	return g.documentByID(id)
}
