package transport

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/parley-chat/parley/api/frame"
)

// StoreTimeout bounds how long a browser waits for the store.
const StoreTimeout = 10 * time.Second

// statusOf maps codes to HTTP. What is missing is 400; an ordinary answer is
// 200, because browsers log everything else as an error on the site's page.
var statusOf = map[frame.ErrorCode]int{
	"no_session": http.StatusOK, "signed_out": http.StatusOK,
	"unavailable": http.StatusServiceUnavailable,
	"empty":       http.StatusUnprocessableEntity, "bad_token": http.StatusOK, "too_long": http.StatusUnprocessableEntity,
	"too_many": http.StatusUnprocessableEntity, "too_many_unsent": http.StatusUnprocessableEntity, "no_upload": http.StatusUnprocessableEntity,
	"too_large": http.StatusRequestEntityTooLarge, "frame_too_large": http.StatusRequestEntityTooLarge, "bad_content_type": http.StatusUnsupportedMediaType,
	"bad_method": http.StatusMethodNotAllowed, "foreign_origin": http.StatusForbidden,
	"not_found": http.StatusNotFound, "forbidden": http.StatusForbidden, "conflict": http.StatusConflict, "answered": http.StatusConflict, "not_resolved": http.StatusConflict,
	"wrong_credentials": http.StatusUnauthorized, "rate_limited": http.StatusTooManyRequests,
}

// Refuse answers with an error.
func Refuse(w http.ResponseWriter, err error) {
	f := frame.NewFailure(err)
	status, ok := statusOf[f.Code]
	if !ok {
		status = http.StatusBadRequest
	}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.Retry))
	}
	answer(w, status, f)
}

// answer writes one frame.
func answer(w http.ResponseWriter, status int, frame any) {
	body, err := json.Marshal(frame)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"t":"error","code":"unavailable","text":""}`)
	}
	answerBody(w, status, body)
}

func answerBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the browser is gone: nobody is left to tell
}
