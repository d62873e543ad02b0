package main

import (
	"encoding/json"
	"net/url"

	"github.com/spf13/cobra"
)

func statusCommand(t *terminal) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "status --as DIR ID",
		Short:   "Say what became of a document",
		Long:    `Say what became of a document that was handed in, or of an inbox item.`,
		Example: `  peacebridge status --as clients/carrier-cbp 0199e0b2-7c1c-7000-8000-5b2f3c0d9a11`,
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openClient(cmd, dir)
			if err != nil {
				return err
			}
			a, err := t.get(cmd.Context(), c, "/v1/documents/"+url.PathEscape(args[0]), nil)
			if err != nil {
				return err
			}
			var d documentObject
			if err := json.Unmarshal(a.body, &d); err != nil {
				return trouble(err)
			}
			if t.json {
				err = t.object(json.RawMessage(a.body))
			} else {
				t.document(&d)
			}
			if err == nil && (d.State == "rejected" || d.State == "refused" || d.State == "dead") {
				err = ended(statusFinding)
			}
			return err
		},
	}
	asFlag(cmd, &dir)
	t.jsonFlag(cmd)
	return cmd
}
