// Package edi reads, checks, answers and writes ANSI X12 and UN/EDIFACT interchanges.
package edi
