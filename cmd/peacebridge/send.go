package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

// documentObject is a document as the gateway shows it.
type documentObject struct {
	ID              string    `json:"id"`
	State           string    `json:"state"`
	Reason          string    `json:"reason"`
	Class           string    `json:"class"`
	Guide           string    `json:"guide"`
	Acknowledgement string    `json:"acknowledgement"`
	ReceivedAt      string    `json:"receivedAt"`
	Log             string    `json:"log"`
	Index           uint64    `json:"index"`
	From            string    `json:"from"`
	Missing         []lacking `json:"missing"`
	Wanted          []lacking `json:"wanted"`
	Units           []struct {
		Peer   string `json:"peer"`
		Class  string `json:"class"`
		State  string `json:"state"`
		Reason string `json:"reason"`
	} `json:"units"`
}

type lacking struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

func sendCommand(t *terminal) *cobra.Command {
	var dir, key, media string
	cmd := &cobra.Command{
		Use:   "send --as DIR FILE",
		Short: "Hand in a document: X12, EDIFACT, XML or a record as JSON",
		Long: `Hand in one interchange or one record. The media type is told from the first bytes. A document that is accepted is durable;
one that is rejected for form is answered with what is wrong and where. The same --key with the same file gives the first
answer again, so that a request that got no answer can be repeated safely.`,
		Example: `  peacebridge send --as clients/carrier-cbp manifest.x12
  peacebridge send --as clients/system-cbsa --json exam.json`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openClient(cmd, dir)
			if err != nil {
				return err
			}
			in, err := t.open(args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			head := make([]byte, 512)
			n, _ := in.Read(head) // an empty or failing file shows below, when all of it is read
			rest := &joined{head: bytes.NewReader(head[:n]), in: in}
			if media == "" {
				media = mediaOf(head[:n])
			}
			h := http.Header{"Content-Type": {media}, "Accept": {"application/json, application/problem+json"}}
			if key != "" {
				h.Set("Idempotency-Key", key)
			}
			a, err := c.do(cmd.Context(), http.MethodPost, "/v1/documents", nil, h, rest)
			if err != nil {
				return trouble(err, "is the gateway running?")
			}
			if a.status >= 400 {
				return t.refusal(a)
			}
			return t.sent(cmd.Context(), c, a)
		},
	}
	asFlag(cmd, &dir)
	cmd.Flags().StringVar(&key, "key", "", "idempotency key of this request")
	cmd.Flags().StringVar(&media, "type", "", "media type, when the first bytes do not tell it")
	t.jsonFlag(cmd)
	return cmd
}

// sent prints each document of an accepted submission: those in the answer, and
// those of a large one for which it had no room.
func (t *terminal) sent(ctx context.Context, c *client, a *answer) error {
	var s struct {
		Submission string            `json:"submission"`
		Documents  []json.RawMessage `json:"documents"`
		Next       string            `json:"next"`
	}
	if err := json.Unmarshal(a.body, &s); err != nil {
		return trouble(fmt.Errorf("the gateway's answer: %w", err))
	}
	status, err := t.documents(s.Documents)
	for err == nil && s.Next != "" {
		var worse int
		worse, s.Next, err = t.moreDocuments(ctx, c, s.Submission, s.Next)
		status = max(status, worse)
	}
	if err != nil {
		return err
	}
	return ended(status)
}

// moreDocuments prints the documents of a submission after a cursor, and says
// where the list goes on, "" at its end.
func (t *terminal) moreDocuments(ctx context.Context, c *client, submission, after string) (status int, next string, err error) {
	a, err := t.get(ctx, c, "/v1/submissions/"+url.PathEscape(submission), url.Values{"after": {after}, "limit": {"1000"}})
	if err != nil {
		return statusOK, "", err
	}
	var page struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"next"`
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		return statusOK, "", trouble(fmt.Errorf("the gateway's answer: %w", err))
	}
	if len(page.Items) == 0 {
		return statusOK, "", nil
	}
	status, err = t.documents(page.Items)
	return status, page.Next, err
}

// documents prints some documents; the status says whether one of them was not taken.
func (t *terminal) documents(all []json.RawMessage) (status int, err error) {
	status = statusOK
	for _, raw := range all {
		var d documentObject
		if err := json.Unmarshal(raw, &d); err != nil {
			return status, trouble(err)
		}
		if d.State == "rejected" || d.State == "refused" {
			status = statusFinding
		}
		if t.json {
			if err := t.object(raw); err != nil {
				return status, err
			}
			continue
		}
		t.document(&d)
	}
	return status, nil
}

func (t *terminal) document(d *documentObject) {
	line := fmt.Sprintf("%s  %s", d.ID, d.State)
	if d.Reason != "" {
		line += " (" + d.Reason + ")"
	}
	t.print("%s  %s %s  %s log %s index %d", line, d.Class, d.Guide, d.ReceivedAt, d.Log, d.Index)
	if d.Acknowledgement != "" {
		t.print("  answered with %s", d.Acknowledgement)
	}
	for _, u := range d.Units {
		t.print("  %s to %s: %s %s", u.Class, u.Peer, u.State, u.Reason)
	}
	for _, m := range d.Missing {
		t.print("  missing %s: %s", m.Path, m.Why)
	}
	for _, w := range d.Wanted {
		t.print("  wanted %s: %s", w.Path, w.Why)
	}
}

// mediaOf tells the media type by the first bytes.
func mediaOf(head []byte) string {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("{")):
		return "application/json"
	case bytes.HasPrefix(head, []byte("<")):
		return "application/xml"
	case bytes.HasPrefix(head, []byte("UNA")), bytes.HasPrefix(head, []byte("UNB")):
		return "application/edifact"
	}
	return "application/edi-x12"
}

// joined reads what was looked at already, then the rest.
type joined struct {
	head *bytes.Reader
	in   *input
}

func (j *joined) Read(p []byte) (int, error) {
	if j.head.Len() > 0 {
		return j.head.Read(p)
	}
	return j.in.Read(p)
}
