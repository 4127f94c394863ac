import './styles/index.css';
import { startApp } from './app/start-app.tsx';
import { detectPlatform } from './platform/detect-platform.ts';

startApp(document.getElementById('root'), detectPlatform(window));
