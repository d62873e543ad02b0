package main

import "strings"

// didYouMean returns the hint that names the nearest of some names to what was typed, or "" when none is near.
func didYouMean(typed string, names []string) string {
	best, distance := "", len(typed)/3+2 // one slip in three letters is still a slip, more is another word
	for _, name := range names {
		d := editDistance(strings.ToLower(typed), strings.ToLower(name))
		if strings.HasPrefix(name, typed) && typed != "" {
			d = min(d, 1)
		}
		if d < distance {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}

// editDistance is the number of letters to insert, delete, replace, or swap with the next, to turn one word into the other (optimal
// string alignment). Words are names of ours and arguments, so the quadratic table stays small: longer ones are not compared.
func editDistance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return max(len(a), len(b))
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
