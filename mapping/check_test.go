package mapping

import "testing"

func library(t testing.TB) *Library {
	t.Helper()
	l, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEveryPositionHasAVerdict(t *testing.T) {
	for _, err := range library(t).Check() {
		t.Error(err)
	}
}
