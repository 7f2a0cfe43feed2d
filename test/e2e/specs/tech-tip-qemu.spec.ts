import { hasTools } from '../../support/tools.ts';
import { test } from '../fixtures/redoubt.ts';
import { prepareBase } from '../walks/prepare-base.ts';
import { Product } from '../walks/product.ts';
import { shareBase } from '../walks/share-base.ts';

test.describe('the tech tip, on QEMU', () => {
  test.skip(!hasTools('qemu-system-x86_64'), 'qemu-system-x86_64 is not installed');

  test('W1: a base is prepared, literally', async ({ app, host }) => {
    await prepareBase(new Product(app), host.home.path, 'qemu');
  });

  test('W2, W3: machines share a base, logs nest, a nested commit leaves the base alone', async ({ app, host }) => {
    await shareBase(new Product(app), host.home.path, 'qemu');
  });
});
