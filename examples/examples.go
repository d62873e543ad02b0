// Package examples holds the files that a newcomer starts from, and that
// peacebridge demo plays: an agreement, standing rules, and a day's documents.
package examples

import "embed"

// Files is the folder itself: agreement.yaml, rules/<agency>/*.csv, day/*.
//
//go:embed agreement.yaml rules day
var Files embed.FS
