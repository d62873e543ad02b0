package cargo_test

import (
	"testing"

	"peacebridge/mapping/cargo"
)

func TestLocate(t *testing.T) {
	const text = `{ "class" : "exam.result", "exam": {"id":"x","kind":["{"],"performedBy": "ca.cbsa"}, "agency":"us.cbp"}`
	for path, want := range map[cargo.Path]int64{
		"class":            12,
		"exam":             35,
		"exam.performedBy": 73,
		"agency":           94,
		"exam.status":      -1,
		"mode":             -1,
		"class.id":         -1,
	} {
		if at, pointer := cargo.Locate([]byte(text), path); at != want || pointer == "" || at > 0 && text[at] != '"' && text[at] != '{' {
			t.Errorf("%s: at %d, want %d (%s)", path, at, want, pointer)
		}
	}
	if at, pointer := cargo.Locate([]byte(`{"exam":{"performedBy"`), "exam.performedBy"); at != -1 || pointer != "/exam/performedBy" {
		t.Errorf("cut off: %d %s", at, pointer)
	}
}
