package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// demoSummary is the object of the contract that demo --once --json prints.
type demoSummary struct {
	Documents struct {
		Submitted uint64 `json:"submitted"`
		Accepted  uint64 `json:"accepted"`
		Rejected  uint64 `json:"rejected"`
	} `json:"documents"`
	Exchanges struct {
		Sealed    uint64 `json:"sealed"`
		Delivered uint64 `json:"delivered"`
		Receipts  uint64 `json:"receipts"`
		Refused   uint64 `json:"refused"`
	} `json:"exchanges"`
	Elements struct {
		Shared   uint64 `json:"shared"`
		Masked   uint64 `json:"masked"`
		Withheld uint64 `json:"withheld"`
	} `json:"elements"`
	Recognition struct {
		Recognised    uint64 `json:"recognised"`
		Partial       uint64 `json:"partial"`
		Refer         uint64 `json:"refer"`
		NotRecognised uint64 `json:"notRecognised"`
	} `json:"recognition"`
	Ledgers []demoLedger `json:"ledgers"`
	Seconds float64      `json:"seconds"`
}

type demoLedger struct {
	Agency     string   `json:"agency"`
	Size       uint64   `json:"size"`
	Root       string   `json:"root"`
	Verified   bool     `json:"verified"`
	CosignedBy []string `json:"cosignedBy"`
}

// opsStatus is the part of a gateway's status that the demo needs.
type opsStatus struct {
	Counts  map[string]uint64 `json:"counts"`
	Outbox  map[string]int    `json:"outbox"`
	Open    int               `json:"open"`
	Ledgers []struct {
		Log       string `json:"log"`
		Relation  string `json:"relation"`
		Size      uint64 `json:"size"`
		Published uint64 `json:"published"`
		Cosigned  uint64 `json:"cosigned"`
	} `json:"ledgers"`
}

func (s *side) status(ctx context.Context) (*opsStatus, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.process.settings.Addresses().Ops+"/status", nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, answerLimit))
	if err != nil {
		return nil, err
	}
	var st opsStatus
	return &st, json.Unmarshal(b, &st)
}

// quiet reports whether everything that this side took in has ended, and the
// published heads of its relations are cosigned.
func (st *opsStatus) quiet() error {
	if st.Open > 0 {
		return fmt.Errorf("%d submissions are open", st.Open)
	}
	for peer, n := range st.Outbox {
		if n > 0 {
			return fmt.Errorf("%d messages wait for %s", n, peer)
		}
	}
	for _, l := range st.Ledgers {
		if l.Relation != audit.Internal && (l.Published < l.Size || l.Cosigned < l.Published) {
			return fmt.Errorf("log %s: %d of %d entries cosigned", l.Log, l.Cosigned, l.Size)
		}
	}
	return nil
}

// summary waits until the day has ended on both sides and adds up what both
// ledgers counted.
func (d *demo) summary(ctx context.Context) (*demoSummary, error) {
	sum := &demoSummary{Ledgers: []demoLedger{}}
	for _, s := range d.sides {
		err := patiently(ctx, func() error {
			st, err := s.status(ctx)
			if err != nil {
				return err
			}
			return st.quiet()
		})
		if err != nil {
			d.failed++
			d.t.say("%s: %v", s.agency, err)
		}
	}
	for _, s := range d.sides {
		var st *opsStatus
		err := patiently(ctx, func() (err error) {
			st, err = s.status(ctx)
			return err
		})
		if err != nil {
			return nil, err
		}
		sum.add(st.Counts)
	}
	sum.Seconds = time.Since(d.started).Round(time.Millisecond).Seconds()
	return sum, nil
}

func (sum *demoSummary) add(c map[string]uint64) {
	sum.Documents.Submitted += c["documents.submitted"] + c["documents.duplicate"]
	sum.Documents.Accepted += c["documents.accepted"]
	sum.Documents.Rejected += c["documents.rejected"]
	sum.Exchanges.Sealed += c["exchanges.sealed"]
	sum.Exchanges.Delivered += c["exchanges.delivered"]
	sum.Exchanges.Receipts += c["exchanges.receipts"]
	sum.Exchanges.Refused += c["exchanges.refused"]
	sum.Elements.Shared += c["elements.shared"]
	sum.Elements.Masked += c["elements.masked"]
	sum.Elements.Withheld += c["elements.withheld"]
	sum.Recognition.Recognised += c["recognition.RECOGNISED"]
	sum.Recognition.Partial += c["recognition.PARTIAL"]
	sum.Recognition.Refer += c["recognition.REFER"]
	sum.Recognition.NotRecognised += c["recognition.NOT_RECOGNISED"]
}

// verify lets the ledgers be verified as an auditor would: the folders when the
// gateways have ended, else what they serve, by a policy that wants the other
// side's cosignature.
func (d *demo) verify(ctx context.Context, sum *demoSummary) error {
	for _, s := range d.sides {
		other := d.other(s).agency
		policy, err := gateway.RelationPolicy(s.home, other)
		if err != nil {
			return err
		}
		target := filepath.Join(s.home, "ledger")
		if !d.once {
			target = s.process.settings.Addresses().Log
		}
		verdicts, err := audit.VerifyTarget(ctx, target, audit.VerifyOptions{Policy: policy, Apply: gateway.Apply, Logs: []string{other}})
		if err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
		for _, v := range verdicts {
			by := v.Cosignatures
			if by == nil {
				by = []string{}
			}
			sum.Ledgers = append(sum.Ledgers, demoLedger{Agency: s.agency, Size: v.Size, Root: v.Root, Verified: v.Verified, CosignedBy: by})
			for _, p := range v.Problems {
				d.t.say("%s: log %s: %s at %d: %s", s.agency, v.Log, p.Code, p.Index, p.Message)
			}
		}
	}
	return nil
}

func (sum *demoSummary) good() bool {
	for _, l := range sum.Ledgers {
		if !l.Verified || len(l.CosignedBy) == 0 {
			return false
		}
	}
	return len(sum.Ledgers) >= 2 // more when the year has turned
}

func (d *demo) tellSummary(sum *demoSummary) error {
	p := d.t.print
	p("")
	p("documents    %d handed in, %d accepted, %d rejected for form", sum.Documents.Submitted, sum.Documents.Accepted, sum.Documents.Rejected)
	p("exchanges    %d sealed, %d delivered, %d receipts, %d refused", sum.Exchanges.Sealed, sum.Exchanges.Delivered, sum.Exchanges.Receipts, sum.Exchanges.Refused)
	p("elements     %d shared, %d masked, %d withheld", sum.Elements.Shared, sum.Elements.Masked, sum.Elements.Withheld)
	p("recognition  %d recognised, %d partial, %d to a person, %d not recognised",
		sum.Recognition.Recognised, sum.Recognition.Partial, sum.Recognition.Refer, sum.Recognition.NotRecognised)
	for _, l := range sum.Ledgers {
		verdict := "verified"
		if !l.Verified {
			verdict = "NOT VERIFIED"
		}
		p("ledger       %s: %d entries, %s, cosigned by %s", l.Agency, l.Size, verdict, strings.Join(l.CosignedBy, ", "))
	}
	p("everything is in %s (%.1f seconds)", d.dir, sum.Seconds)
	if d.once && d.t.json {
		return d.t.object(sum)
	}
	return nil
}

// demoReady is the line that a serving demo prints after its day.
type demoReady struct {
	Ready    bool          `json:"ready"`
	Gateways []demoGateway `json:"gateways"`
}

type demoGateway struct {
	Agency string `json:"agency"`
	gateway.Addresses
	Home    string       `json:"home"`
	Clients []demoClient `json:"clients"`
}

type demoClient struct {
	Name string `json:"name"`
	Role string `json:"role"`
	Dir  string `json:"dir"`
}

func (d *demo) ready() (*demoReady, error) {
	line := &demoReady{Ready: true, Gateways: []demoGateway{}}
	root, err := filepath.Abs(d.dir)
	if err != nil {
		return nil, err
	}
	for _, s := range d.sides {
		g := demoGateway{Agency: s.agency, Addresses: s.process.settings.Addresses(), Home: filepath.Join(root, filepath.Base(s.home))}
		for _, c := range []demoClient{{Name: "carrier", Role: "partner"}, {Name: "system", Role: "system"}, {Name: "auditor", Role: "auditor"}} {
			c.Name += "-" + s.short
			c.Dir = filepath.Join(root, "clients", c.Name)
			if _, err := os.Stat(c.Dir); err != nil {
				return nil, err
			}
			g.Clients = append(g.Clients, c)
		}
		line.Gateways = append(line.Gateways, g)
	}
	return line, nil
}
