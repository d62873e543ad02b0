package edi

import "math/bits"

// Spec is the compiled structure of one message, of a directory or of an Overlay. It does not change and is
// safe for concurrent use.
type Spec struct {
	Name    string // of the overlay, "" for a base message
	Title   string // what the directory calls the message
	Syntax  Syntax
	Release string
	Message string
	Group   string // GS01 for the message, where the directory states it

	nodes   []node
	tags    tagTable
	index   []stepRange // of state and tag
	steps   []step
	loops   []queued      // events of loops that end and begin
	uses    []*segmentUse // of nodes
	missing [][]int32     // of a state: the mandatory nodes ahead, nearest first
	rules   []rule        // between segments; nil in most
	release *release
	base    *Spec // of an overlay
}

// node is a segment or loop of the structure, in preorder; node 0 is the message.
type node struct {
	id               int
	name, tag        string // the tag of a loop is that of its trigger
	loop             bool
	required, unused bool
	max              uint32 // 0 is no limit
	parent, end      int32  // end is the index after the last descendant
	any              int    // neighbours with the same number above 0 may come in any order
	use              *segmentUse
	choose           []choice
}

type choice struct {
	element, component int
	codes              *codeSet
}

// step leads from one segment to a possible next one. Of the mandatory nodes ahead, the first missing ones are
// passed over by it. A rival is a neighbour that the same segment could belong to as well, 0 if there is none.
type step struct {
	node    int32
	missing int32
	rival   int32
	owner   int32     // the node, or the loop that it triggers
	end     int32     // of the owner
	limit   uint32    // how often the owner may occur; 0 if more is to be looked at
	loops   stepRange // of Spec.loops: what ends and begins on the way
	plain   bool      // there is nothing to do but to count it
}

func (s *step) triggers() bool { return s.owner != s.node }

type stepRange struct{ from, to uint32 }

func (s *Spec) stepsFrom(state int32, tag int) []step {
	r := s.index[int(state)*s.tags.count+tag]
	return s.steps[r.from:r.to]
}

// codeSet is a set of codes. Codes of up to seven bytes, nearly all there are, sit in an open hash table.
type codeSet struct {
	slots []uint64
	mask  uint64
	long  map[string]struct{}
	list  []string
}

func newCodeSet(codes []string) *codeSet {
	size := 1 << bits.Len(uint(2*len(codes)))
	s := &codeSet{slots: make([]uint64, size), mask: uint64(size - 1), list: codes}
	for _, c := range codes {
		key, ok := codeKey(c)
		if !ok {
			if s.long == nil {
				s.long = make(map[string]struct{})
			}
			s.long[c] = struct{}{}
			continue
		}
		i := codeHash(key) & s.mask
		for s.slots[i] != 0 && s.slots[i] != key {
			i = (i + 1) & s.mask
		}
		s.slots[i] = key
	}
	return s
}

func (s *codeSet) has(code []byte) bool {
	key, ok := codeKey(code)
	if !ok {
		_, ok = s.long[string(code)]
		return ok
	}
	return s.hasKey(key)
}

// hasKey is has for the key of a code.
func (s *codeSet) hasKey(key uint64) bool {
	for i := codeHash(key) & s.mask; ; i = (i + 1) & s.mask {
		if k := s.slots[i]; k == key || k == 0 {
			return k != 0
		}
	}
}

// codeKey packs a code of one to seven bytes as memory has them, with the length above.
func codeKey[T string | []byte](code T) (uint64, bool) {
	if len(code) > 7 || len(code) == 0 {
		return 0, false
	}
	key := uint64(len(code)) << 56
	for i := 0; i < len(code); i++ {
		key |= uint64(code[i]) << (8 * i)
	}
	return key, true
}

func codeHash(key uint64) uint64 {
	key *= 0x9E3779B97F4A7C15
	return key ^ key>>29
}
