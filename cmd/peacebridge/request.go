package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// answerLimit bounds what a gateway may answer: a rendered document is at most a record's size many times over.
const answerLimit = 64 << 20

// An answer is what a gateway said to one request.
type answer struct {
	status int
	media  string
	body   []byte
}

// problem is the part of an RFC 9457 answer that a person needs.
type problem struct {
	Title      string           `json:"title"`
	Detail     string           `json:"detail"`
	Hint       string           `json:"hint"`
	Reason     string           `json:"reason"`
	Instance   string           `json:"instance"`
	Document   string           `json:"document"`
	ReceivedAt string           `json:"receivedAt"`
	Findings   []problemFinding `json:"findings"`
}

type problemFinding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	Rule     string `json:"rule"`
	Message  string `json:"message"`
	Position struct {
		Offset  int64  `json:"offset"`
		Segment int    `json:"segment"`
		Tag     string `json:"tag"`
		Element int    `json:"element"`
		Pointer string `json:"pointer"`
	} `json:"position"`
}

// where is the position in words: of a value in EDI, in JSON or XML, or of a byte.
func (f *problemFinding) where() string {
	p := f.Position
	var words []string
	if p.Segment > 0 {
		words = append(words, fmt.Sprintf("segment %d", p.Segment))
	}
	if p.Tag != "" { // alone in a document that was not written
		words = append(words, p.Tag)
	}
	if p.Element > 0 {
		words = append(words, fmt.Sprintf("element %d", p.Element))
	}
	switch {
	case len(words) > 0:
		return strings.Join(words, " ")
	case p.Pointer != "":
		return p.Pointer
	}
	return fmt.Sprintf("byte %d", p.Offset)
}

// said is the message with the rule that it rests on, if there is one.
func (f *problemFinding) said() string {
	if f.Rule == "" {
		return f.Message
	}
	return f.Message + " (" + f.Rule + ")"
}

// do sends one request to the gateway. An answer of any status is an answer; an error means that there was none.
func (c *client) do(ctx context.Context, method, path string, query url.Values, header http.Header, body io.Reader) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url(path, query), body)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return c.send(req)
}

// send sends a request that is complete.
func (c *client) send(req *http.Request) (*answer, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, answerLimit+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > answerLimit:
		return nil, errors.New("the gateway's answer is larger than any document")
	}
	return &answer{status: res.StatusCode, media: res.Header.Get("Content-Type"), body: b}, nil
}

// get fetches something; what the gateway refuses is told to the person and ends with status 1.
func (t *terminal) get(ctx context.Context, c *client, path string, query url.Values) (*answer, error) {
	a, err := c.do(ctx, http.MethodGet, path, query, nil, nil)
	if err != nil {
		return nil, trouble(err, "is the gateway running?")
	}
	if a.status >= 400 {
		return nil, t.refusal(a)
	}
	return a, nil
}

// refusal prints what the gateway said no with, and returns the error that ends the program.
func (t *terminal) refusal(a *answer) error {
	var p problem
	if err := json.Unmarshal(a.body, &p); err != nil || p.Title == "" {
		return trouble(fmt.Errorf("the gateway answered %d without a reason", a.status))
	}
	if t.json {
		var whole json.RawMessage = a.body
		if err := t.object(whole); err != nil {
			return err
		}
	}
	for _, f := range p.Findings {
		fmt.Fprintf(t.err, "  %s\n    %s\n", strings.Join(strings.Fields(oneLine(f.where()+": "+f.Severity+" "+f.Code+" "+f.Path)), " "), oneLine(f.said()))
	}
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if p.Reason != "" {
		text += " (" + p.Reason + ")"
	}
	if p.Document != "" && a.status == http.StatusConflict {
		text += "; first one: " + p.Document + " of " + p.ReceivedAt
	}
	var hints []string
	if p.Hint != "" {
		hints = append(hints, oneLine(p.Hint))
	}
	if a.status >= 500 || a.status == http.StatusTooManyRequests {
		return trouble(errors.New(oneLine(text)), append(hints, "request "+oneLine(p.Instance))...)
	}
	return refused(errors.New(oneLine(text)), hints...)
}
