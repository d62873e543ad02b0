package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGeneratedIsCurrent fails when elements.csv or types.csv changed and go generate was not run in package cargo.
func TestGeneratedIsCurrent(t *testing.T) {
	dir := filepath.Join("..", "..")
	elements, err := os.ReadFile(filepath.Join(dir, "elements.csv"))
	if err != nil {
		t.Fatal(err)
	}
	types, err := os.ReadFile("types.csv")
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(elements, types)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: run go generate ./mapping/cargo", name)
			continue
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is old, run go generate ./mapping/cargo (-want +got):\n%s", name, diff)
		}
	}
}

func TestFieldName(t *testing.T) {
	for name, want := range map[string]string{
		"id": "ID", "hsCode": "HSCode", "unNumber": "UNNumber", "csaIndicator": "CSAIndicator", "examId": "ExamID", "airWaybill": "AirWaybill",
	} {
		if got := fieldName(name); got != want {
			t.Errorf("fieldName(%s) = %s, want %s", name, got, want)
		}
	}
}
