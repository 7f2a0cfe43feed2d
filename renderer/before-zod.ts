import { z } from 'zod';

// The page's security policy forbids making code from strings. Zod would try to once and fall back, and the
// attempt shows up as a policy violation; told so beforehand, it doesn't try.
z.config({ jitless: true });
