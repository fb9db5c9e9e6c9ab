import { EMPTY_ROOT, hashChildren } from "./hash.ts";

export interface FrontierNode {
  readonly height: number;
  readonly hash: Buffer;
}

/** The complete subtrees of a tree that grows at its right end: enough to tell its root. */
export class Frontier {
  /** from the left, each of fewer leaves than the one before */
  #nodes: FrontierNode[];

  constructor(nodes: readonly FrontierNode[] = []) {
    this.#nodes = [...nodes];
  }

  nodes(): readonly FrontierNode[] {
    return this.#nodes;
  }

  copy(): Frontier {
    return new Frontier(this.#nodes);
  }

  /** Adds the root of a complete subtree of `2 ** height` leaves; those before it are not smaller. */
  add(height: number, hash: Buffer): void {
    let node = { height, hash };
    for (let last = this.#nodes.at(-1); last?.height === node.height; last = this.#nodes.at(-1)) {
      this.#nodes.pop();
      node = { height: node.height + 1, hash: hashChildren(last.hash, node.hash) };
    }
    this.#nodes.push(node);
  }

  root(): Buffer {
    const [smallest, ...larger] = this.#nodes.toReversed();
    if (smallest === undefined) return EMPTY_ROOT;
    return larger.reduce((root, { hash }) => hashChildren(hash, root), smallest.hash);
  }
}
