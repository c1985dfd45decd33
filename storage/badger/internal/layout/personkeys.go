package layout

import "encoding/json"

// EncodePersonKeys makes the record of the people who have carried an e-mail
// address: of one their key, as "id:7", of several a JSON array of keys, the last
// one at the end. An empty key, at the beginning, is of those who were deleted.
func EncodePersonKeys(keys ...string) []byte {
	if len(keys) == 1 {
		return []byte(keys[0])
	}
	b, _ := json.Marshal(keys) // texts never fail
	return b
}

// DecodePersonKeys reads such a record, which has one key at least.
func DecodePersonKeys(record []byte) (keys []string, err error) {
	if len(record) == 0 || record[0] != '[' {
		return []string{string(record)}, nil
	}
	err = json.Unmarshal(record, &keys)
	return keys, err
}
