/* The Python face of what reads files, as module.c is that of the engine: buffers in, buffers filled. */
#include "module.h"

static int lies_within(const Py_buffer *buffer, int64_t start, int64_t end) {
    if (start >= 0 && start <= end && end <= buffer->len) return 1;
    PyErr_SetString(PyExc_ValueError, "a part of a file lies outside its buffer");
    return 0;
}

/* end_of_sequence(bytes, start, end, is_explicit, depth) -> where its delimiter stands, or -1 */
static PyObject *end_of_sequence(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[1];
    long long start, end;
    int is_explicit, depth;
    if (!PyArg_ParseTuple(args, "y*LLpi", b, &start, &end, &is_explicit, &depth)) return NULL;
    if (!lies_within(b, start, end)) return refused(b, 1);
    int64_t result;
    Py_BEGIN_ALLOW_THREADS
    result = rt_end_of_sequence(b[0].buf, start, end, is_explicit, depth);
    Py_END_ALLOW_THREADS
    return finished(b, 1, result);
}

/* contours(bytes, start, end, is_explicit, table (n, 9), numbers (n, 2)) -> how many contours, or -1 */
static PyObject *contours(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    long long start, end;
    int is_explicit;
    if (!PyArg_ParseTuple(args, "y*LLpw*w*", b, &start, &end, &is_explicit, b + 1, b + 2)) return NULL;
    int64_t room = b[1].len / (8 * CONTOUR_COLUMNS), result;
    if (!lies_within(b, start, end) || !fits(b, 2, room, 8 * CONTOUR_NUMBERS)) return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_contours(b[0].buf, start, end, is_explicit, room, b[1].buf, b[2].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* points(bytes, table (n, 9), largest, points (room, 3), z (n, 3)) -> how many points, or -1 */
static PyObject *points(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[4];
    double largest;
    if (!PyArg_ParseTuple(args, "y*y*dw*w*", b, b + 1, &largest, b + 2, b + 3)) return NULL;
    int64_t count = b[1].len / (8 * CONTOUR_COLUMNS), result;
    if (!fits(b, 3, 3 * count, 8)) return refused(b, 4);
    for (int64_t k = 0; k < count; k++) {
        const int64_t *row = (const int64_t *)b[1].buf + k * CONTOUR_COLUMNS;
        if (!lies_within(b, row[DATA_START], row[DATA_END])) return refused(b, 4);
    }
    Py_BEGIN_ALLOW_THREADS
    result = rt_points(b[0].buf, count, b[1].buf, largest, b[2].len / 24, b[2].buf, b[3].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 4, result);
}

/* scaled(stored, bits, is_signed, scaling, scaled, extremes (2)) -> 0, or -1 where the bits are not 16 or 32 */
static PyObject *scaled(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    int bits, is_signed;
    double scaling;
    if (!PyArg_ParseTuple(args, "y*ipdw*w*", b, &bits, &is_signed, &scaling, b + 1, b + 2)) return NULL;
    int64_t count = b[1].len / 4, result;
    if (!fits(b, 0, count, bits / 8) || !fits(b, 2, 2, 8)) return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_scaled(b[0].buf, count, bits, is_signed, scaling, b[1].buf, b[2].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* Adds one element as (vr, start, end) of the class `kind`, a tuple's subclass; 0 where Python has set an error. */
static int add_element(PyObject *elements, PyTypeObject *kind, newfunc new_tuple, const Element *element) {
    PyObject *tag = PyLong_FromUnsignedLong(element->tag), *made = NULL;
    PyObject *values = Py_BuildValue("((y#LL))", (const char *)element->vr, (Py_ssize_t)2, (long long)element->start,
                                     (long long)element->end);
    if (values) made = new_tuple(kind, values, NULL);
    int is_added = tag && made && !PyDict_SetItem(elements, tag, made);
    Py_XDECREF(tag);
    Py_XDECREF(values);
    Py_XDECREF(made);
    return is_added;
}

/* elements(bytes, start, end, is_explicit, until, Element) -> {tag: Element}, or None where Python has to look */
static PyObject *elements(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[1];
    long long start, end;
    int is_explicit;
    unsigned long long until;
    PyObject *kind, *found;
    if (!PyArg_ParseTuple(args, "y*LLpKO", b, &start, &end, &is_explicit, &until, &kind)) return NULL;
    if (!PyType_Check(kind) || !PyType_IsSubtype((PyTypeObject *)kind, &PyTuple_Type)) {
        PyErr_SetString(PyExc_TypeError, "the class of elements must be a tuple");
        return refused(b, 1);
    }
    if (!lies_within(b, start, end) || !(found = PyDict_New())) return refused(b, 1);
    newfunc new_tuple = (newfunc)PyType_GetSlot(&PyTuple_Type, Py_tp_new);
    Element element = {0};
    int64_t at = start;
    uint32_t last = 0;
    for (int count = 0; at < end && rt_tag(b[0].buf, at, end) < until; at = element.after, count++) {
        int is_plain = count < MOST_ELEMENTS && rt_element(b[0].buf, at, end, is_explicit, 0, &element) && element.tag > last;
        last = element.tag;
        if (!is_plain || !add_element(found, (PyTypeObject *)kind, new_tuple, &element)) {
            Py_DECREF(found);
            PyBuffer_Release(b);
            if (PyErr_Occurred()) return NULL;
            Py_RETURN_NONE;
        }
    }
    PyBuffer_Release(b);
    return found;
}

PyMethodDef READING_METHODS[] = {
    {"elements", elements, METH_VARARGS, NULL},
    {"end_of_sequence", end_of_sequence, METH_VARARGS, NULL},
    {"contours", contours, METH_VARARGS, NULL},
    {"points", points, METH_VARARGS, NULL},
    {"scaled", scaled, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
