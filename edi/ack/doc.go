// Package ack writes the acknowledgement that the sender of an interchange must get.
package ack
