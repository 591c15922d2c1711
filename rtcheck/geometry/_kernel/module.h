/* What the Python faces of the kernel share: buffers are checked, and released when all is done. */
#ifndef RTCHECK_MODULE_H
#define RTCHECK_MODULE_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include "kernel.h"

extern PyMethodDef READING_METHODS[], LOOP_METHODS[], FIELD_METHODS[];

/* A call of few steps keeps the interpreter: to wait for it again would take longer than the call. */
#define FEW_STEPS 200000
#define STEPS_OF_AN_EDGE 300 /* when it is cut, covered and integrated over */
static inline PyThreadState *let_others(int64_t steps) { return steps > FEW_STEPS ? PyEval_SaveThread() : NULL; }
static inline void come_back(PyThreadState *state) {
    if (state) PyEval_RestoreThread(state);
}

static inline PyObject *finished(Py_buffer *buffers, int count, int64_t result) {
    for (int k = 0; k < count; k++) PyBuffer_Release(buffers + k);
    if (result == NO_MEMORY) return PyErr_NoMemory();
    return PyLong_FromLongLong(result);
}

/* Whether buffer `k` has room for `count` values of `size` bytes; an error is set where it has not. */
static inline int fits(const Py_buffer *buffers, int k, int64_t count, int64_t size) {
    if (count >= 0 && buffers[k].len >= count * size) return 1;
    PyErr_Format(PyExc_ValueError, "array %d of the kernel is too short", k);
    return 0;
}

static inline PyObject *refused(Py_buffer *buffers, int count) {
    for (int k = 0; k < count; k++) PyBuffer_Release(buffers + k);
    return NULL;
}

/* Whether buffer `k` holds where loops begin and end among the points of buffer `of`; an error is set where not. */
static inline int are_starts(const Py_buffer *buffers, int k, int of) {
    if (buffers[k].len >= 8 && rt_are_starts(buffers[k].buf, buffers[k].len / 8 - 1, buffers[of].len / 16)) return 1;
    PyErr_SetString(PyExc_ValueError, "loops of the kernel do not begin one after another");
    return 0;
}

#endif
