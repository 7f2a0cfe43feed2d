import './before-zod.ts';
import { startApp } from './start-app.tsx';

startApp(document.getElementById('root'));
