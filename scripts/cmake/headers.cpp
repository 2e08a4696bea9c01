// SPDX-License-Identifier: Apache-2.0
// What owns the precompiled headers has to compile something.
