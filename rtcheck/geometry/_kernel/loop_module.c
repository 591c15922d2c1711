/* The Python face of what is done with loops. */
#include "module.h"

/* drawn(points (p, 3), counts (n,), which change, kept (p, 2), z (n, 2)) -> how many are kept, -1 for none */
static PyObject *drawn(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[4];
    if (!PyArg_ParseTuple(args, "y*w*w*w*", b, b + 1, b + 2, b + 3)) return NULL;
    int64_t points = b[0].len / 24, n = b[1].len / 8, total = 0, *counts = b[1].buf;
    int are = 1;
    for (int64_t k = 0; are && k < n; k++) are = counts[k] >= 1 && counts[k] <= points - total, total += counts[k];
    if (!are) {
        PyErr_SetString(PyExc_ValueError, "contours of the kernel have more points than there are, or none");
        return refused(b, 4);
    }
    if (!fits(b, 2, total, 16) || !fits(b, 3, n, 16)) return refused(b, 4);
    PyThreadState *others = let_others(points);
    total = rt_drawn(n, b[0].buf, counts, b[2].buf, b[3].buf);
    come_back(others);
    return finished(b, 4, total);
}

/* measured(points, starts (n + 1,), rows (n, MEASURES)) */
static PyObject *measured(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    if (!PyArg_ParseTuple(args, "y*y*w*", b, b + 1, b + 2)) return NULL;
    int64_t n = b[1].len / 8 - 1;
    if (!are_starts(b, 1, 0) || !fits(b, 2, n, MEASURES * 8)) return refused(b, 3);
    PyThreadState *others = let_others(b[0].len / 16);
    rt_measured(n, b[0].buf, b[1].buf, b[2].buf);
    come_back(others);
    return finished(b, 3, 0);
}

/* gathered(points, starts (n + 1,), chosen (count,), turned (count,), gathered points) */
static PyObject *gathered(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    if (!PyArg_ParseTuple(args, "y*y*y*y*w*", b, b + 1, b + 2, b + 3, b + 4)) return NULL;
    int64_t n = b[1].len / 8 - 1, count = b[2].len / 8, points = 0;
    const int64_t *starts = b[1].buf, *chosen = b[2].buf;
    if (!are_starts(b, 1, 0) || !fits(b, 3, count, 1)) return refused(b, 5);
    for (int64_t i = 0; i < count; i++) {
        if (chosen[i] < 0 || chosen[i] >= n) {
            PyErr_SetString(PyExc_ValueError, "the kernel has no such loop");
            return refused(b, 5);
        }
        points += starts[chosen[i] + 1] - starts[chosen[i]];
    }
    if (!fits(b, 4, points, 16)) return refused(b, 5);
    PyThreadState *others = let_others(points);
    rt_gathered(count, b[0].buf, starts, chosen, b[3].buf, b[4].buf);
    come_back(others);
    return finished(b, 5, 0);
}

/* touching(points, starts (n + 1,), plane, pairs (most, 2); tolerance) -> how many pairs of loops */
static PyObject *touching(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[4];
    double tolerance;
    if (!PyArg_ParseTuple(args, "y*y*y*w*d", b, b + 1, b + 2, b + 3, &tolerance)) return NULL;
    int64_t n = b[1].len / 8 - 1, result;
    if (!are_starts(b, 1, 0) || !fits(b, 2, n, 8)) return refused(b, 4);
    Py_BEGIN_ALLOW_THREADS
    result = rt_touching(n, b[0].buf, b[1].buf, b[2].buf, tolerance, b[3].len / 16, b[3].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 4, result);
}

/* contained(points, starts (n + 1,), plane, pairs (most, 2)) -> how many pairs (inner, outer) */
static PyObject *contained(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[4];
    if (!PyArg_ParseTuple(args, "y*y*y*w*", b, b + 1, b + 2, b + 3)) return NULL;
    int64_t n = b[2].len / 8, result;
    const int64_t *starts = b[1].buf;
    if (!fits(b, 1, n + 1, 8) || !fits(b, 0, starts[n], 16)) return refused(b, 4);
    Py_BEGIN_ALLOW_THREADS
    result = rt_contained(n, b[0].buf, starts, b[2].buf, b[3].len / 16, b[3].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 4, result);
}

/* overlapping(points, starts, other points, other starts, overlaps (n,)) */
static PyObject *overlapping(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    if (!PyArg_ParseTuple(args, "y*y*y*y*w*", b, b + 1, b + 2, b + 3, b + 4)) return NULL;
    int64_t n = b[1].len / 8 - 1, others = b[3].len / 8 - 1, result;
    const int64_t *starts = b[1].buf, *other_starts = b[3].buf;
    if (!fits(b, 1, 1, 8) || !fits(b, 3, 1, 8) || !fits(b, 0, starts[n], 16) || !fits(b, 2, other_starts[others], 16) ||
        !fits(b, 4, n, 1))
        return refused(b, 5);
    Py_BEGIN_ALLOW_THREADS
    result = rt_overlapping(n, b[0].buf, starts, others, b[2].buf, other_starts, b[4].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 5, result);
}

PyMethodDef LOOP_METHODS[] = {
    {"drawn", drawn, METH_VARARGS, NULL},       {"measured", measured, METH_VARARGS, NULL},
    {"gathered", gathered, METH_VARARGS, NULL}, {"touching", touching, METH_VARARGS, NULL},
    {"contained", contained, METH_VARARGS, NULL}, {"overlapping", overlapping, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
