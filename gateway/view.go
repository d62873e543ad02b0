package gateway

import (
	"encoding/json"
	"errors"
	"slices"

	"peacebridge/audit"
	"peacebridge/certs"
	"peacebridge/mapping"
)

// documentView is a document as the API shows it, contracts.md section 5.
type documentView struct {
	ID              string           `json:"id"`
	Submission      string           `json:"submission"`
	State           string           `json:"state"`
	Reason          string           `json:"reason"`
	Class           string           `json:"class"`
	Guide           string           `json:"guide"`
	Acknowledgement string           `json:"acknowledgement"`
	ReceivedAt      string           `json:"receivedAt"`
	Log             string           `json:"log"`
	Index           uint64           `json:"index"`
	Findings        []problemFinding `json:"findings"`
	// Missing lists, for an inbox item, what its guide needs and nobody has.
	Missing []missingView `json:"missing,omitempty"`
	// Wanted lists what keeps its rendering from being the whole form.
	Wanted []missingView `json:"wanted,omitempty"`
	Units  []unitView    `json:"units,omitempty"`
	From   string        `json:"from,omitempty"`
	Taken  bool          `json:"taken,omitempty"`
}

type missingView struct {
	Path     string `json:"path"`
	Instance string `json:"instance"`
	Why      string `json:"why"`
}

// unitView is what became of one part of the document at one peer.
type unitView struct {
	Peer      string  `json:"peer"`
	Class     string  `json:"class"`
	State     string  `json:"state"`
	Reason    string  `json:"reason,omitempty"`
	Message   string  `json:"message,omitempty"`
	Index     uint64  `json:"index"`
	PeerIndex *uint64 `json:"peerIndex,omitempty"`
}

// submissionView answers a POST: the first document, and all of them as far as
// there is room.
type submissionView struct {
	documentView
	Documents []documentView `json:"documents"`
	Next      string         `json:"next,omitempty"` // there are more
}

// view is a document as one party may see it: what the agreement did with it is
// for the agency's own roles; a partner sees that it was accepted.
func (g *Gateway) view(d *document, to certs.Identity) (documentView, error) {
	v := documentView{
		ID: d.ID, Submission: d.Submission, State: d.State, Reason: d.Reason, Class: d.Class, Guide: d.Guide,
		ReceivedAt: stamp(d.ReceivedAt), Log: d.Shown.Log, Index: d.Shown.Index, Findings: []problemFinding{}, Taken: d.Taken,
	}
	if d.Message != "" {
		v.Submission, v.From = d.Message, d.Party
	}
	if d.Submission != "" {
		s, err := g.submissionByID(d.Submission)
		if err != nil {
			return v, err
		}
		v.Acknowledgement = s.Ack
	}
	if b, err := g.body(d.Event, bodyFindings); err == nil {
		if err := json.Unmarshal(b, &v.Findings); err != nil {
			return v, err
		}
	} else if !errors.Is(err, audit.ErrNotFound) && !errors.Is(err, audit.ErrErased) {
		return v, err
	}
	if v.Findings == nil {
		v.Findings = []problemFinding{}
	}
	if !agencySide(to.Role) {
		if d.State != stateRejected {
			v.State, v.Reason = stateAccepted, ""
		}
		v.Log, v.Index = d.Event.Log, d.Event.Index
		return v, nil
	}
	for _, u := range d.Units {
		uv := unitView{Peer: u.Peer, Class: u.Class, State: u.State, Reason: u.Reason, Message: u.Message, Index: u.Event.Index}
		if u.State == stateDelivered {
			uv.PeerIndex = &u.PeerIndex
		}
		v.Units = append(v.Units, uv)
	}
	return v, g.addMissing(d, &v)
}

func (g *Gateway) addMissing(d *document, v *documentView) error {
	if !d.Missing && !d.Wanted {
		return nil
	}
	_, report, err := g.rendered(d, d.Guide)
	if err != nil {
		return err
	}
	v.Missing, v.Wanted = lacking(report.Missing), lacking(report.Wanted)
	return nil
}

// lacking names each element once, though it may be wanted in several places.
func lacking(entries []mapping.Entry) []missingView {
	var out []missingView
	for _, e := range entries {
		if line := (missingView{Path: e.Path, Instance: e.Instance, Why: e.Why}); !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}
