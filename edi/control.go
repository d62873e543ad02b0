package edi

// controls remembers control numbers to find duplicates. Numbers that follow each other, the usual case, are
// kept as ranges, so that a gigabyte of messages takes no more room than ten.
type controls struct {
	ranges  []span
	singles map[string]struct{}
	limit   int
	full    bool
}

type span struct {
	width    int
	from, to uint64
}

const maxRanges = 16

// seen reports whether the number was there before, and remembers it.
func (c *controls) seen(number []byte) bool {
	if n, ok := bigNumber(number); ok {
		for i := range c.ranges {
			r := &c.ranges[i]
			if r.width != len(number) {
				continue
			}
			if n >= r.from && n <= r.to {
				return true
			}
			if n == r.to+1 {
				if _, single := c.singles[string(number)]; single {
					return true
				}
				r.to = n
				return false
			}
		}
		if _, single := c.singles[string(number)]; !single && len(c.ranges) < maxRanges {
			c.ranges = append(c.ranges, span{len(number), n, n})
			return false
		}
	}
	if _, ok := c.singles[string(number)]; ok {
		return true
	}
	if len(c.singles) >= c.limit {
		c.full = true
		return false
	}
	if c.singles == nil {
		c.singles = make(map[string]struct{})
	}
	c.singles[string(number)] = struct{}{}
	return false
}

func (c *controls) reset() {
	c.ranges, c.full = c.ranges[:0], false
	clear(c.singles)
}

// pairs remembers the control numbers of interchanges: they are unique between a sender and a receiver.
type pairs struct {
	of    map[string]*controls
	limit int // of pairs, and of single numbers over all of them
	used  int
	full  bool
}

// reset forgets all numbers, and the pairs when there are more than somebody has who reads one stream after another.
func (p *pairs) reset() {
	p.used, p.full = 0, false
	if len(p.of) > 16 {
		clear(p.of)
	}
	for _, c := range p.of {
		c.reset()
	}
}

func (p *pairs) seen(i *Interchange) bool {
	c := p.of[i.Sender.ID+"\x00"+i.Receiver.ID]
	if c == nil {
		if len(p.of) >= max(1, p.limit/10) {
			p.full = true
			return false
		}
		if p.of == nil {
			p.of = make(map[string]*controls)
		}
		c = &controls{}
		p.of[i.Sender.ID+"\x00"+i.Receiver.ID] = c
	}
	before := len(c.singles)
	c.limit = before + p.limit - p.used
	duplicate := c.seen([]byte(i.Control))
	p.used += len(c.singles) - before
	p.full = p.full || c.full
	return duplicate
}

// bigNumber reads up to 18 digits.
func bigNumber(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
