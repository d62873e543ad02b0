package main

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

func resendCommand(t *terminal) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "resend --as DIR ID",
		Short: "Send again what was given up of a document",
		Long: `Put what was given up of a document, its dead letters, back into the outbox. The bytes are the same that were sealed, so a
peer that has them after all answers with its first receipt.`,
		Example: `  peacebridge resend --as clients/system-cbp 0199e0b2-7c1c-7000-8000-5b2f3c0d9a11`,
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openClient(cmd, dir)
			if err != nil {
				return err
			}
			a, err := c.do(cmd.Context(), http.MethodPost, "/v1/documents/"+url.PathEscape(args[0])+"/resend", nil, nil, nil)
			if err != nil {
				return trouble(err, "is the gateway running?")
			}
			if a.status >= 400 {
				return t.refusal(a)
			}
			if t.json {
				return t.object(json.RawMessage(a.body))
			}
			var d documentObject
			if err := json.Unmarshal(a.body, &d); err != nil {
				return trouble(err)
			}
			t.document(&d)
			return nil
		},
	}
	asFlag(cmd, &dir)
	t.jsonFlag(cmd)
	return cmd
}
