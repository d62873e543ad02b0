// Package mapping translates between messages and cargo records, by guides.
package mapping
