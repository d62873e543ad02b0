package audit

import (
	"bytes"
	"encoding/binary"
)

// Where in the store everything is. Keys are big-endian; id is the 2-byte number of a log.
//
//	e id index   piece: the records that one commit added (at most one bundle)
//	b id index n ciphertext of the n-th body of an event
//	t id level n full tile, 8,192 bytes
//	C id size    published checkpoint
//	i term id index  (empty) search index
//	f hash       event that owns a body file
//	l name       number of a log
//	k id size vkey-hash  cosignature of a published checkpoint
//	z key-id     data key that was erased (and must never come back)
//	c id         newest signed checkpoint        (overwritten)
//	p id         newest published size and time  (overwritten)
//	n origin     succession of a peer's shard, as it was accepted
//	w origin     what we as witness cosigned last (overwritten)
//	m            meta: sequence, clock, next data key (overwritten)
//	u            version after which large values may not be on the disk (overwritten)
//	y subject    data key of a subject (overwritten, deleted)
//	s gen key    state (overwritten, deleted)
const (
	keyPiece     = 'e'
	keyBody      = 'b'
	keyTile      = 't'
	keyPublished = 'C'
	keyTerm      = 'i'
	keyFile      = 'f'
	keyLog       = 'l'
	keyCosig     = 'k'
	keyErased    = 'z'
	keySuccessor = 'n'
	keyHead      = 'c'
	keyPublic    = 'p'
	keyWitness   = 'w'
	keyMeta      = 'm'
	keyUnsynced  = 'u'
	keySubject   = 'y'
	keyState     = 's'
)

// writeOnce are the prefixes of what belongs to a log.
const writeOnce = "ebtCifklzn"

func logKey(kind byte, id uint16, more int) []byte {
	k := make([]byte, 3, 3+more)
	k[0] = kind
	binary.BigEndian.PutUint16(k[1:], id)
	return k
}

func pieceKey(id uint16, first uint64) []byte {
	return binary.BigEndian.AppendUint64(logKey(keyPiece, id, 8), first)
}

func piecePrefix(id uint16) []byte { return logKey(keyPiece, id, 0) }

func bodyKey(id uint16, index uint64, n int) []byte {
	k := binary.BigEndian.AppendUint64(logKey(keyBody, id, 9), index)
	return append(k, byte(n))
}

func tileKey(id uint16, level int, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(logKey(keyTile, id, 9), byte(level)), n)
}

func headKey(id uint16) []byte { return logKey(keyHead, id, 0) }

func publicKey(id uint16) []byte { return logKey(keyPublic, id, 0) }

func publishedKey(id uint16, size uint64) []byte {
	return binary.BigEndian.AppendUint64(logKey(keyPublished, id, 8), size)
}

func cosigPrefix(id uint16, size uint64) []byte {
	return binary.BigEndian.AppendUint64(logKey(keyCosig, id, 12), size)
}

func cosigKey(id uint16, size uint64, hash uint32) []byte {
	return binary.BigEndian.AppendUint32(cosigPrefix(id, size), hash)
}

func termPrefix(term [16]byte) []byte { return append([]byte{keyTerm}, term[:]...) }

func termKey(term [16]byte, id uint16, index uint64) []byte {
	k := binary.BigEndian.AppendUint16(termPrefix(term), id)
	return binary.BigEndian.AppendUint64(k, index)
}

func fileKey(hash [32]byte) []byte { return append([]byte{keyFile}, hash[:]...) }

func nameKey(log string) []byte { return append([]byte{keyLog}, log...) }

func erasedKey(id uint64) []byte { return binary.BigEndian.AppendUint64([]byte{keyErased}, id) }

func witnessKey(origin string) []byte { return append([]byte{keyWitness}, origin...) }

func successorKey(origin string) []byte { return append([]byte{keySuccessor}, origin...) }

func metaKey() []byte { return []byte{keyMeta} }

func unsyncedKey() []byte { return []byte{keyUnsynced} }

func subjectKey(subject [16]byte) []byte { return append([]byte{keySubject}, subject[:]...) }

func stateKey(gen byte, key string) []byte {
	k := make([]byte, 2, 2+len(key))
	k[0], k[1] = keyState, gen
	return append(k, key...)
}

// pieceIndex returns the first index of a piece from its key.
func pieceIndex(key []byte) uint64 { return binary.BigEndian.Uint64(key[3:]) }

// cutKey returns what follows a prefix in a key.
func cutKey(key, prefix []byte) string { return string(bytes.TrimPrefix(key, prefix)) }
