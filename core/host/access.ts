import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Who may talk to the host: whoever knows its token, from a page that the host itself served.
 *
 * The token comes once in the address and is then kept in a cookie, or it is sent as
 * `Authorization: Bearer` by programs. A cookie alone proves little, because the browser sends it for
 * other people's pages too; so the Origin of a request must be the host itself, and the Host header must
 * name this machine, lest a foreign name be pointed at the loopback address (DNS rebinding).
 */
export class Access {
  private readonly tokenHash: Buffer;
  private readonly cookieName: string;
  private onceHash: Buffer | undefined;

  /**
   * `port` makes the cookie's name: cookies do not tell ports apart. `onceToken` opens the door as the token
   * does, but one time only: it may stand in the command line of a browser, where every user of this computer
   * can read it.
   */
  constructor(
    private readonly token: string,
    port: number,
    onceToken?: string,
  ) {
    this.tokenHash = hash(token);
    this.onceHash = onceToken === undefined ? undefined : hash(onceToken);
    this.cookieName = `redoubt-${String(port)}`;
  }

  /** Compared without telling, by its time, how much of it is right. */
  isToken(candidate: string): boolean {
    return timingSafeEqual(hash(candidate), this.tokenHash);
  }

  /** Whether what an address carries lets its caller in. */
  admits(candidate: string): boolean {
    if (this.isToken(candidate)) return true;
    if (this.onceHash === undefined || !timingSafeEqual(hash(candidate), this.onceHash)) return false;
    this.onceHash = undefined;
    return true;
  }

  /** The Set-Cookie header that lets a browser in until it is closed. */
  cookie(): string {
    return `${this.cookieName}=${encodeURIComponent(this.token)}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Whether the request knows the token, by cookie or by header. */
  isKnown(headers: IncomingHttpHeaders): boolean {
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return this.isToken(bearer.trim());
    return cookies(headers.cookie).some(([name, value]) => name === this.cookieName && this.isToken(value));
  }

  /** Whether the request was addressed to this machine by a name that nobody else can own. */
  isLocalHost(headers: IncomingHttpHeaders): boolean {
    return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(headers.host ?? '');
  }

  /**
   * Whether a request comes from our own page. A browser sends the Origin with every WebSocket; a program
   * that sends none must bring the token in a header, which no page can.
   */
  isSameOrigin(headers: IncomingHttpHeaders): boolean {
    if (headers.origin === undefined) return headers.authorization !== undefined;
    return headers.origin.toLowerCase() === `http://${headers.host ?? ''}`.toLowerCase();
  }
}

/** Equal lengths for the comparison, whatever was sent. */
function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function cookies(header: string | undefined): [name: string, value: string][] {
  return (header ?? '').split(';').flatMap((part) => {
    const at = part.indexOf('=');
    if (at < 0) return [];
    try {
      return [[part.slice(0, at).trim(), decodeURIComponent(part.slice(at + 1).trim())]];
    } catch {
      return [];
    }
  });
}
