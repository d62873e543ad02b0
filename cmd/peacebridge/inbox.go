package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"
)

func inboxCommand(t *terminal) *cobra.Command {
	var dir, after, content, guide, ack string
	var limit int
	cmd := &cobra.Command{
		Use:   "inbox --as DIR [--after C]",
		Short: "List what the partner agency shared, fetch an item, or say that it was taken",
		Long: `List the inbox of an agency from a cursor on. With --content an item is printed: as a record, or rendered by --guide.
With --ack an item is marked as taken by this system.`,
		Example: `  peacebridge inbox --as clients/system-cbsa
  peacebridge inbox --as clients/system-cbsa --content 0199e0b2-7c1c-7000-8000-5b2f3c0d9a11 --guide cbsa/highway/cuscar`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := openClient(cmd, dir)
			if err != nil {
				return err
			}
			switch {
			case content != "":
				return t.inboxContent(cmd, c, content, guide)
			case ack != "":
				a, err := c.do(cmd.Context(), http.MethodPost, "/v1/inbox/"+url.PathEscape(ack)+"/ack", nil, nil, nil)
				if err != nil {
					return trouble(err)
				}
				if a.status >= 400 {
					return t.refusal(a)
				}
				t.say("%s: taken", oneLine(ack))
				return nil
			}
			return t.inboxPage(cmd, c, after, limit)
		},
	}
	asFlag(cmd, &dir)
	f := cmd.Flags()
	f.StringVar(&after, "after", "", "cursor: list what came after it")
	f.IntVar(&limit, "limit", 100, "most items to list")
	f.StringVar(&content, "content", "", "id of an item to print")
	f.StringVar(&guide, "guide", "", "with --content: guide that renders it")
	f.StringVar(&ack, "ack", "", "id of an item that was taken")
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) inboxContent(cmd *cobra.Command, c *client, id, guide string) error {
	q := url.Values{}
	if guide != "" {
		q.Set("guide", guide)
	}
	a, err := t.get(cmd.Context(), c, "/v1/documents/"+url.PathEscape(id)+"/content", q)
	if err != nil {
		return err
	}
	_, err = t.out.Write(a.body)
	return err
}

func (t *terminal) inboxPage(cmd *cobra.Command, c *client, after string, limit int) error {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	if after != "" {
		q.Set("after", after)
	}
	a, err := t.get(cmd.Context(), c, "/v1/inbox", q)
	if err != nil {
		return err
	}
	var page struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"next"`
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		return trouble(err)
	}
	if t.json {
		return t.object(json.RawMessage(a.body))
	}
	for _, raw := range page.Items {
		var d documentObject
		if err := json.Unmarshal(raw, &d); err != nil {
			return trouble(err)
		}
		t.document(&d)
	}
	t.say("%s; go on with --after %s", count(len(page.Items), "item"), page.Next)
	return nil
}
