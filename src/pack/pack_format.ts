/**
 * Version of the bytes that a pack makes of the same document and path; part of the fingerprint of DESIGN §4. Raise it
 * when the golden test of `pack_document_test.ts` changes, so that unchanged documents are packed again.
 */
export const packFormat = 1;
