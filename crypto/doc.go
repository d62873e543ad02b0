// Package crypto seals cargo records between agencies.
package crypto
