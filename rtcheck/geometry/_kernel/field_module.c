/* The Python face of fields on a lattice, and of refined doses. A lattice, a tuple of its numbers, ends the arguments. */
#include <stdlib.h>
#include <string.h>

#include "module.h"

/* The converter of a lattice: x0, y0, spacing, node_rows, node_columns. */
static int as_lattice(PyObject *numbers, void *to) {
    Lattice *lattice = to;
    long long rows, columns;
    if (!PyArg_ParseTuple(numbers, "dddLL", &lattice->x0, &lattice->y0, &lattice->spacing, &rows, &columns)) return 0;
    lattice->node_rows = rows, lattice->node_columns = columns;
    return 1;
}

static int64_t nodes_of(const Lattice *lattice) { return lattice->node_rows * lattice->node_columns; }

static int64_t tiles_of(const Lattice *lattice) {
    return (lattice->node_rows - 1) / 4 * ((lattice->node_columns - 1) / 4);
}

/* Whether a lattice is one of whole tiles, and every tile of buffer `k` on it; an error is set where not. */
static int are_on(const Lattice *lattice, const Py_buffer *buffers, int k) {
    int is_on = lattice->node_rows > 4 && lattice->node_columns > 4 && lattice->node_rows % 4 == 1 &&
                lattice->node_columns % 4 == 1 && lattice->spacing > 0;
    const int64_t *tiles = k < 0 ? NULL : buffers[k].buf, count = k < 0 ? 0 : buffers[k].len / 8;
    for (int64_t n = 0; is_on && n < count; n++) is_on = tiles[n] >= 0 && tiles[n] < tiles_of(lattice);
    if (!is_on) PyErr_SetString(PyExc_ValueError, "a tile of the kernel lies outside its lattice");
    return is_on;
}

/* Whether buffer `k` holds ascending starts (n + 1,), the first of them 0; an error is set where it does not. */
static int are_loops(const Py_buffer *buffers, int k) {
    const int64_t *starts = buffers[k].buf, n = buffers[k].len / 8 - 1;
    int are = n >= 0 && starts[0] == 0;
    for (int64_t j = 0; are && j < n; j++) are = starts[j + 1] > starts[j];
    if (!are) PyErr_SetString(PyExc_ValueError, "a loop of the kernel has no points");
    return are;
}

/* fill(points, starts, turned, areas, owner; lattice) -> 0, or -1 where a loop leaves the lattice */
static PyObject *fill(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*w*w*O&", b, b + 1, b + 2, b + 3, b + 4, as_lattice, &lattice)) return NULL;
    int64_t loops = b[1].len / 8 - 1, result;
    const int64_t *starts = b[1].buf;
    if (!are_on(&lattice, b, -1) || !are_loops(b, 1) || !fits(b, 0, starts[loops], 16) ||
        !fits(b, 2, starts[loops], 16) || !fits(b, 3, loops, 8) || !fits(b, 4, nodes_of(&lattice), 4))
        return refused(b, 5);
    PyThreadState *others = let_others(nodes_of(&lattice) + 10 * starts[loops]);
    result = rt_fill(b[0].buf, starts, loops, &lattice, b[2].buf, b[3].buf, b[4].buf);
    come_back(others);
    return finished(b, 5, result);
}

/* shared_nodes(owner, other, shared (loops,), own (loops,)): which loops share nodes with any of `other`, and have nodes */
static PyObject *shared_nodes(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[4];
    if (!PyArg_ParseTuple(args, "y*y*w*w*", b, b + 1, b + 2, b + 3)) return NULL;
    int64_t nodes = b[0].len / 4, loops = b[2].len, result;
    if (!fits(b, 1, nodes, 4) || !fits(b, 3, loops, 1)) return refused(b, 4);
    PyThreadState *others = let_others(nodes);
    result = rt_shared_nodes(b[0].buf, b[1].buf, nodes, loops, b[2].buf, b[3].buf);
    come_back(others);
    return finished(b, 4, result);
}

/* boundary_tiles(low, high, edges of either plane (n, 4), tiles; lattice) */
static PyObject *boundary_tiles(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*y*y*w*O&", b, b + 1, b + 2, b + 3, b + 4, as_lattice, &lattice)) return NULL;
    int64_t result;
    if (!are_on(&lattice, b, -1) || !fits(b, 0, nodes_of(&lattice), 1) || !fits(b, 1, nodes_of(&lattice), 1) ||
        !fits(b, 4, tiles_of(&lattice), 1))
        return refused(b, 5);
    PyThreadState *others = let_others(nodes_of(&lattice));
    result = rt_boundary_tiles(b[0].buf, b[1].buf, &lattice, b[4].buf);
    for (int k = 2; k < 4; k++) rt_tiles_of_points(b[k].buf, b[k].len / 32, &lattice, b[4].buf);
    come_back(others);
    return finished(b, 5, result);
}

/* A field that Python holds, with the buffer of its nodes' owners. */
typedef struct {
    Field *field;
    Py_buffer owner;
} Held;

#define FIELD "rtcheck.field"

static void let_go(PyObject *capsule) {
    Held *held = PyCapsule_GetPointer(capsule, FIELD);
    if (!held) return;
    rt_free_field(held->field);
    PyBuffer_Release(&held->owner);
    PyMem_Free(held);
}

static Field *field_in(PyObject *capsule) {
    Held *held = PyCapsule_GetPointer(capsule, FIELD);
    return held ? held->field : NULL;
}

/* field(edges, first_edge (groups + 1,), radius, number, owner; lattice) -> a field, for one thread at a time */
static PyObject *field(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[5];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*O&", b, b + 1, b + 2, b + 3, b + 4, as_lattice, &lattice)) return NULL;
    int64_t groups = b[1].len / 8 - 1;
    const int64_t *first_edge = b[1].buf;
    if (!are_on(&lattice, b, -1) || !are_loops(b, 1) || !fits(b, 1, 2, 8) || !fits(b, 0, first_edge[groups], 32) ||
        !fits(b, 2, groups, 8) || !fits(b, 3, groups, 8) || !fits(b, 4, nodes_of(&lattice), 4))
        return refused(b, 5);
    Held *held = PyMem_Malloc(sizeof *held);
    if (held) held->field = rt_field(b[0].buf, first_edge, groups, b[2].buf, b[3].buf, b[4].buf, &lattice);
    PyObject *capsule = held && held->field ? PyCapsule_New(held, FIELD, let_go) : NULL;
    if (!capsule) {
        if (held) rt_free_field(held->field);
        PyMem_Free(held);
        if (!PyErr_Occurred()) PyErr_NoMemory();
        return refused(b, 5);
    }
    held->owner = b[4];
    for (int k = 0; k < 4; k++) PyBuffer_Release(b + k);
    return capsule;
}

/* field_at(field, tiles, g (tiles, 25)) */
static PyObject *field_at(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *capsule;
    Py_buffer b[2];
    if (!PyArg_ParseTuple(args, "Oy*w*", &capsule, b, b + 1)) return NULL;
    Field *of = field_in(capsule);
    int64_t tiles = b[0].len / 8, result;
    if (!of || !are_on(rt_lattice_of(of), b, 0) || !fits(b, 1, 25 * tiles, 8)) return refused(b, 2);
    const int64_t *tile = b[0].buf;
    double *g = b[1].buf;
    Py_BEGIN_ALLOW_THREADS
    result = rt_need(of, tile, tiles);
    for (int64_t k = 0; !result && k < tiles; k++) memcpy(g + 25 * k, rt_values_at(of, tile[k]), 25 * sizeof *g);
    Py_END_ALLOW_THREADS
    return finished(b, 2, result);
}

/* squared_distances(edges, tiles, squared (tiles, 25); lattice) */
static PyObject *squared_distances(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*O&", b, b + 1, b + 2, as_lattice, &lattice)) return NULL;
    int64_t tiles = b[1].len / 8, result;
    if (!are_on(&lattice, b, 1) || !fits(b, 0, 1, 32) || !fits(b, 2, 25 * tiles, 8)) return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_squared_distances(b[0].buf, b[0].len / 32, &lattice, b[1].buf, tiles, b[2].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* zero_level(field (tiles, 25), tiles, edges; lattice) -> how many edges, or -1 where there is no room for them */
static PyObject *zero_level(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[3];
    Lattice lattice;
    if (!PyArg_ParseTuple(args, "y*y*w*O&", b, b + 1, b + 2, as_lattice, &lattice)) return NULL;
    int64_t tiles = b[1].len / 8, result;
    if (!are_on(&lattice, b, 1) || !fits(b, 0, 25 * tiles, 8)) return refused(b, 3);
    Py_BEGIN_ALLOW_THREADS
    result = rt_zero_level(b[0].buf, &lattice, b[1].buf, tiles, b[2].buf, b[2].len / 32);
    Py_END_ALLOW_THREADS
    return finished(b, 3, result);
}

/* Whether the kinds of forms (count, 6) name `fields` fields of one lattice, where these are needed; an error is set where
 * not. */
static int are_forms(const int64_t *kinds, int64_t count, Field *const *fields, int64_t known, const Lattice *lattice) {
    int are = 1;
    for (int64_t k = 0; are && k < count; k++) {
        const int64_t *kind = kinds + 6 * k, *of = kind + 2;
        are = kind[0] == BETWEEN ? of[1] >= 0 && of[2] >= 0 : kind[0] == BEYOND && of[0] >= 0 && (of[1] >= 0 || of[2] < 0);
        for (int j = 0; are && j < 4; j++) are = of[j] >= -1 && of[j] < known;
    }
    for (int64_t k = 0; are && k < known; k++) {
        const Lattice *its = rt_lattice_of(fields[k]);
        are = its->node_rows == lattice->node_rows && its->node_columns == lattice->node_columns;
    }
    if (!are) PyErr_SetString(PyExc_ValueError, "the kernel has no such fields");
    return are;
}

/* The fields of a tuple of capsules that the kinds of forms (count, 6) name, to be freed; NULL where one is none or does
 * not fit, or memory is short: then an error is set. */
static Field **fields_of(PyObject *capsules, const int64_t *kinds, int64_t count, const Lattice *lattice) {
    int64_t known = PyTuple_Size(capsules);
    Field **fields = PyMem_Malloc((size_t)(known + 1) * sizeof *fields);
    if (!fields) PyErr_NoMemory();
    int are = fields != NULL;
    for (int64_t k = 0; are && k < known; k++) are = (fields[k] = field_in(PyTuple_GetItem(capsules, k))) != NULL;
    if (are && are_forms(kinds, count, fields, known, lattice)) return fields;
    PyMem_Free(fields);
    return NULL;
}

/* lowest(fields, kinds (n, 6), numbers (n, 5), tiles, low z, high z, level; lattice) -> the lowest of the field */
static PyObject *lowest(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *capsules;
    Py_buffer b[3];
    Lattice lattice;
    double low, high, level, found = 0;
    if (!PyArg_ParseTuple(args, "O!y*y*y*dddO&", &PyTuple_Type, &capsules, b, b + 1, b + 2, &low, &high, &level, as_lattice,
                          &lattice))
        return NULL;
    int64_t count = b[0].len / 48, tiles = b[2].len / 8, result;
    if (!are_on(&lattice, b, 2) || !fits(b, 1, 5 * count, 8)) return refused(b, 3);
    Field **fields = fields_of(capsules, b[0].buf, count, &lattice);
    if (!fields) return refused(b, 3);
    Forms forms = {count, b[0].buf, b[1].buf, fields};
    Py_BEGIN_ALLOW_THREADS
    result = rt_lowest(&forms, b[2].buf, tiles, low, high, level, &found);
    Py_END_ALLOW_THREADS
    PyMem_Free(fields);
    if (result < 0) return finished(b, 3, result);
    for (int k = 0; k < 3; k++) PyBuffer_Release(b + k);
    return PyFloat_FromDouble(found);
}

/* zone(fields, kinds (n, 6), numbers (n, 5), tiles, low, high, faces, counts (layers,); level, lattice) -> the edges of all
 * layers, as bytes; -1 where they run off the lattice */
static PyObject *zone(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *capsules;
    Py_buffer b[7];
    Lattice lattice;
    double level, *edges = NULL;
    if (!PyArg_ParseTuple(args, "O!y*y*y*y*y*y*w*dO&", &PyTuple_Type, &capsules, b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6,
                          &level, as_lattice, &lattice))
        return NULL;
    int64_t count = b[0].len / 48, tiles = b[2].len / 8, layers = b[5].len / 8 - 1, result;
    if (!are_on(&lattice, b, 2) || !fits(b, 1, 5 * count, 8) || !fits(b, 3, nodes_of(&lattice), 1) ||
        !fits(b, 4, nodes_of(&lattice), 1) || !fits(b, 6, layers, 8))
        return refused(b, 7);
    Field **fields = fields_of(capsules, b[0].buf, count, &lattice);
    if (!fields) return refused(b, 7);
    Forms forms = {count, b[0].buf, b[1].buf, fields};
    Py_BEGIN_ALLOW_THREADS
    result = rt_zone(&forms, &lattice, b[2].buf, tiles, b[3].buf, b[4].buf, b[5].buf, layers, level, &edges, b[6].buf);
    Py_END_ALLOW_THREADS
    PyMem_Free(fields);
    if (result < 0) return finished(b, 7, result);
    PyObject *found = PyBytes_FromStringAndSize((const char *)edges, (Py_ssize_t)(32 * result));
    free(edges);
    for (int k = 0; k < 7; k++) PyBuffer_Release(b + k);
    return found;
}

/* refine(dose (z, y, x), table (3, nodes) and weights (3, fine nodes) of each axis, ranges (3, 3): parts, first and count
 *        of each axis, fine). A table holds steps, shares, and whether steps are even, each from its beginning on. */
static PyObject *refine(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer b[9];
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*w*", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, b + 7, b + 8))
        return NULL;
    RefinedAxis axes[3];
    int64_t nodes = 1, fine = 1, result;
    int is_room = fits(b, 7, 9, 8);
    for (int k = 0; is_room && k < 3; k++) {
        const int64_t *range = (const int64_t *)b[7].buf + 3 * k;
        const float *table = b[1 + 2 * k].buf;
        int64_t n = b[1 + 2 * k].len / 12, m = b[2 + 2 * k].len / 12;
        is_room = n >= 2 && range[0] >= 1 && range[0] <= m && m == (n - 1) * range[0] + 1 && range[1] >= 0 && range[2] >= 1 &&
                  range[1] <= m - range[2];
        if (!is_room) PyErr_SetString(PyExc_ValueError, "an axis of the kernel is not cut evenly");
        axes[k] = (RefinedAxis){n, range[0], m, range[1], range[2], table, table + n, table + 2 * n, b[2 + 2 * k].buf};
        nodes *= n, fine *= range[2];
    }
    if (!is_room || !fits(b, 0, nodes, 4) || !fits(b, 8, fine, 4)) return refused(b, 9);
    Py_BEGIN_ALLOW_THREADS
    result = rt_refine(b[0].buf, axes, b[8].buf);
    Py_END_ALLOW_THREADS
    return finished(b, 9, result);
}

PyMethodDef FIELD_METHODS[] = {
    {"fill", fill, METH_VARARGS, NULL},
    {"shared_nodes", shared_nodes, METH_VARARGS, NULL},
    {"boundary_tiles", boundary_tiles, METH_VARARGS, NULL},
    {"field", field, METH_VARARGS, NULL},
    {"field_at", field_at, METH_VARARGS, NULL},
    {"squared_distances", squared_distances, METH_VARARGS, NULL},
    {"zero_level", zero_level, METH_VARARGS, NULL},
    {"lowest", lowest, METH_VARARGS, NULL},
    {"zone", zone, METH_VARARGS, NULL},
    {"refine", refine, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
